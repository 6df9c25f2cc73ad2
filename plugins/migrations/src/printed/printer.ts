import type { Argv, ExecOptions, ExecResult } from '@ship/core';
import type { Dialect } from '../migration.js';

/** A way of a migration that is to be printed. */
export interface Wanted {
  readonly id: string;
  readonly way: 'up' | 'down';
  /** The file, absolute, and what it holds. */
  readonly file: string;
  readonly source: string;
}

/** What a tool has printed for it, or why that would not be the whole truth. */
export type Printout =
  | { readonly text: string; readonly line: number; readonly outsideTransaction?: true }
  | { readonly opaque: string; readonly line: number }
  | 'irreversible';

/** Where a printer works. */
export interface Place {
  /** The folder of the config. */
  readonly dir: string;
  /** The folder of the migrations. */
  readonly folder: string;
  /** What language is asked for. */
  readonly dialect: Dialect;
  /** Executes a command of the project, with its tools on the path. Whatever its exit status is, this does not throw. */
  exec(argv: Argv, options?: Pick<ExecOptions, 'cwd' | 'env'>): Promise<Printing>;
}

/** What a command has printed. */
export type Printing = Pick<ExecResult, 'stdout' | 'stderr' | 'exitCode' | 'truncated'>;

/** A tool that prints what it would execute. */
export interface Printer {
  /** The reader of its migrations. */
  readonly name: string;
  /** The files that are its programs. */
  readonly programs: RegExp;
  /** Prints these. Answers in their order. */
  print(wanted: readonly Wanted[], place: Place): Promise<readonly Printout[]>;
}

/** The line of a tool's output that names the error: Python ends with it, others begin with it. */
export function errorLineOf({ stdout, stderr, exitCode, truncated }: Printing): string {
  if (truncated) return 'it prints too much';
  const lines = `${stdout}\n${stderr}`.split('\n').map((line) => line.trim());
  const found = lines.findLast((line) => /^[\w.]*(?:Error|Exception|Raised)\b.*:|^FAILED:|^error\b/i.test(line));
  return (found ?? stderr.split('\n').find((line) => line.trim() !== '') ?? `it ends with ${exitCode}`).slice(0, 300);
}

/** What a program of ship answers for each that it is asked for, when it runs beside the tool of the project. */
export type Answer = { readonly text: string; readonly atomic: boolean } | { readonly opaque: string } | { readonly irreversible: true };

/** The answers, where the program came to its end and none is missing. */
export function answersIn({ stdout, exitCode, truncated }: Printing, count: number): readonly Answer[] | undefined {
  const line = stdout.split('\n').findLast((each) => each.startsWith('ship:'));
  if (line === undefined || exitCode !== 0 || truncated) return undefined;
  const answers = JSON.parse(line.slice('ship:'.length)) as readonly Answer[];
  return answers.length === count ? answers : undefined;
}
