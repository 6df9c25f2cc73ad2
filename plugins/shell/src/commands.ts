import { type Argv, shellCommand, shellQuote } from '@ship/exec';

/** A text for the shell, or a list of words for no shell. */
export type Script = string | readonly string[];

/** The argv of a script: `sh -c` reads a text, nothing reads a list. */
export function argvOf(script: Script): Argv {
  return typeof script === 'string' ? shellCommand(script) : (script as Argv);
}

/** A script in one line, as a person reads it. */
export function shown(script: Script): string {
  return typeof script === 'string' ? script.trim() : script.map(shellQuote).join(' ');
}

/** What a person would paste to run a script by hand, in the folder of the config. */
export function pasteable(script: Script, cwd: string | undefined, env: Readonly<Record<string, string>>): string {
  const words = typeof script === 'string' ? ['sh', '-c', script] : script;
  const assigned = Object.entries(env).map(([name, value]) => `${name}=${shellQuote(value)}`);
  const line = ['env', ...assigned, ...words.map(shellQuote)].join(' ');
  return cwd === undefined ? line : `(cd ${shellQuote(cwd)} && ${line})`;
}
