import { parseArgs } from 'node:util';
import { parseDuration } from '@ship/core';
import { errors } from '../errors.js';
import type { Dialect } from '../migration.js';

/** What follows `ship migrations check`. */
export interface CheckOptions {
  /** The last migration that the old code knows; what comes after it is judged. Absent: all are judged. */
  readonly from?: string;
  /** The last one that is judged. Absent: the newest. */
  readonly to?: string;
  /** A single pair instead of a folder. */
  readonly up?: string;
  readonly down?: string;
  /** What was there before that pair. */
  readonly schema?: string;
  readonly dir?: string;
  readonly tool?: string;
  readonly dialect?: Dialect;
  /** Where a report for code scanning is written. */
  readonly sarif?: string;
  /** A database that is asked about the rows that a down may lose, or fail on. */
  readonly url?: string;
  /** How long one question may take, such as `10s`. */
  readonly 'statement-timeout'?: string;
  /** Programs are executed as far as their tool prints the SQL of them. */
  readonly print?: boolean;
}

const text = { type: 'string' } as const;
const OPTIONS = {
  from: text,
  to: text,
  up: text,
  down: text,
  schema: text,
  dir: text,
  tool: text,
  dialect: text,
  sarif: text,
  url: text,
  'statement-timeout': text,
  print: { type: 'boolean' },
} as const;
const DIALECTS: readonly string[] = ['postgres', 'mysql', 'sqlite'];

/** Reads the words of the command. Throws SHIP_MIGRATIONS_USAGE. */
export function checkOptions(words: readonly string[]): CheckOptions {
  const given = wordsOf(words, OPTIONS);
  const usage = (problem: string) => errors.SHIP_MIGRATIONS_USAGE({ problem });
  if (given.dialect !== undefined && !DIALECTS.includes(given.dialect))
    throw usage(`--dialect is one of ${DIALECTS.join(', ')}, not ${given.dialect}`);
  if ((given.up === undefined) !== (given.down === undefined)) throw usage('--up and --down go together');
  if (given['statement-timeout'] !== undefined && parseDuration(given['statement-timeout']) === undefined)
    throw usage(`--statement-timeout is a duration such as 10s, not ${given['statement-timeout']}`);
  if (given.schema !== undefined && given.up === undefined) throw usage('--schema goes with --up and --down');
  if (given.up !== undefined && (given.from ?? given.to ?? given.dir ?? given.tool ?? given.print) !== undefined)
    throw usage('a single pair of files has no --from, --to, --dir, --tool or --print');
  return given as CheckOptions;
}

type Given<Named extends Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>> = {
  readonly [Name in keyof Named]?: Named[Name]['type'] extends 'boolean' ? boolean : string;
};

/** The options of a command. Throws SHIP_MIGRATIONS_USAGE for anything else. */
export function wordsOf<Named extends Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>>(
  words: readonly string[],
  options: Named,
): Given<Named> {
  try {
    return parseArgs({ args: [...words], options, strict: true, allowPositionals: false }).values as Given<Named>;
  } catch (error) {
    throw errors.SHIP_MIGRATIONS_USAGE({ problem: (error as Error).message.split('\n')[0]! }, { cause: error });
  }
}
