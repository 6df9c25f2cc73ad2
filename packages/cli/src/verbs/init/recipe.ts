/** A part of a first config, as lines of YAML. */
export interface Recipe {
  /** What it is for, as people know it. */
  readonly what: string;
  /** Entries of `plugins:`. */
  readonly plugins?: readonly string[];
  /** Lines below `components:`. */
  readonly components?: readonly string[];
  /** Lines below `steps:`. */
  readonly steps: readonly string[];
  /** Lines below `verify: smoke:`. */
  readonly smoke?: readonly string[];
  /** Lines below `environments: staging:`: what is different there. */
  readonly staging?: readonly string[];
  /** What has to be known before it is deployed; comments. */
  readonly notes?: readonly string[];
}

/** What all recipes of a folder share. */
export interface Project {
  readonly folder: string;
  readonly name: string;
  /** What the config says for the version: from git, from package.json, or from a variable. */
  readonly version: string;
}

/** The port that callers use in production, and the one beside it for staging on the same machine. */
export const PORTS = { production: 8080, staging: 8081 } as const;

/** A YAML text that is a string whatever it looks like. */
export const quote = (text: string): string =>
  /^[A-Za-z][A-Za-z0-9_-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text) ? text : JSON.stringify(text);

/** A step that runs one command. */
export const step = (id: string, run: string): string => `- { id: ${id}, run: ${quote(run)} }`;

/** `run: |` and its like, with the lines of a script, which ends at the first that fails. */
export const script = (key: string, lines: readonly string[]): string[] => [
  `  ${key}: |`,
  '    set -e',
  ...lines.map((line) => `    ${line}`),
];
