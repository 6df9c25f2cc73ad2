import type { Argv, ExecOptions } from '@ship/core';

const PLAIN = /^[\w@%+=:,./-]+$/;
const LONGEST = 400;

/** The argv that has a POSIX shell run `text`. */
export function shellCommand(text: string): Argv {
  return ['/bin/sh', '-c', text];
}

/** Quotes one word so that a POSIX shell reads it back unchanged. */
export function shellQuote(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The command as a person would type it, redacted before it is shortened. */
export function commandLine(command: readonly string[], redact: (text: string) => string = (text) => text): string {
  const line = redact(command.map((word) => shellQuote(redact(word))).join(' ')).replace(/\s*\n\s*/g, ' ⏎ ');
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

/** The environment of this process, or `base`, with `over` laid on it; undefined where the real one is wanted as it is. */
export function mergeEnv(over: ExecOptions['env'], base?: ExecOptions['env']): NodeJS.ProcessEnv | undefined {
  if (over === undefined) return base;
  const merged: NodeJS.ProcessEnv = { ...(base ?? process.env) };
  for (const [name, value] of Object.entries(over)) {
    if (value === undefined) delete merged[name];
    else merged[name] = value;
  }
  return merged;
}
