import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { peekConfig } from '@ship/config';
import { type Report, suggest } from '@ship/core';
import { emptyReport, stateFolder } from '@ship/core/kernel';
import { configFile, type Flags } from '../arguments.js';
import { SHELLS } from '../completion-scripts.js';
import { errors } from '../errors.js';
import { ALL_VERBS } from '../help.js';
import type { Terminal } from '../terminal.js';
import { readSections } from './help.js';

/** `ship completion SHELL` prints a script; `--words KIND` is what that asks for while somebody types. Nothing is executed for either. */
export async function completion({ line }: Terminal, flags: Flags, [shell, ...rest]: readonly string[]): Promise<Report> {
  const report = emptyReport('completion', new Date());
  if (flags.words !== undefined) {
    const words = await wordsOf(flags.words, flags).catch((): string[] => []);
    for (const word of words) line(word);
    return { ...report, result: words };
  }
  const known = Object.keys(SHELLS);
  const script = shell !== undefined && Object.hasOwn(SHELLS, shell) ? SHELLS[shell]!() : undefined;
  if (script === undefined || rest.length > 0) {
    const near = shell === undefined ? undefined : suggest(shell, known);
    const problem =
      shell === undefined ? '`ship completion` names no shell' : `\`ship completion\` takes no ${JSON.stringify(rest[0] ?? shell)}`;
    throw errors.SHIP_USAGE({
      problem,
      hint: `${near === undefined ? '' : `Did you mean \`${near}\`? `}Write ${known.map((each) => `\`ship completion ${each}\``).join(', ')}.`,
    });
  }
  line(script.trimEnd());
  return { ...report, result: script };
}

/** Shells read these words: one that means more to them than itself is left out. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

async function wordsOf(kind: string, flags: Flags): Promise<string[]> {
  if (kind === 'verbs') return Object.keys(ALL_VERBS);
  if (kind === 'codes') return [...readSections().keys()];
  const { dir, value } = await peekConfig({ cwd: process.cwd(), ...configFile(flags), env: process.env });
  const environments = keysOf(value.environments);
  const chosen =
    flags.env || process.env.SHIP_ENV || (typeof value.default_environment === 'string' ? value.default_environment : undefined);
  const stored = (what: string) =>
    [chosen ?? (environments.length === 1 ? environments[0]! : 'default')]
      .filter((environment) => PLAIN.test(environment))
      .flatMap((environment) => namesIn(join(stateFolder(dir, String(value.project)), what, environment)));
  const kinds: Readonly<Record<string, () => string[]>> = {
    environments: () => environments,
    components: () => keysOf(value.components),
    steps: () => (Array.isArray(value.steps) ? value.steps.map((step) => String(Object(step).id)) : []),
    snapshots: () => stored('snapshots').flatMap((name) => /^(snapshot-.+)\.json$/.exec(name)?.[1] ?? []),
    runs: () => stored('runs'),
  };
  const words = Object.hasOwn(kinds, kind) ? kinds[kind]!() : [];
  return words.filter((word) => PLAIN.test(word));
}

const keysOf = (value: unknown): string[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort().reverse();
  } catch {
    return [];
  }
}
