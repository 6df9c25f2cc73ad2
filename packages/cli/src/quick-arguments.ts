import { type Arguments, argumentsOf } from './arguments.js';

/** Flags that take nothing, as they are written, and what commander calls them. */
const SWITCHES: Readonly<Record<string, string>> = {
  '--auto-rollback': 'autoRollback',
  '--rollback-on-failure': 'rollbackOnFailure',
  '--force-rollback': 'forceRollback',
  '--dry-run': 'dryRun',
  '-n': 'dryRun',
  '--yes': 'yes',
  '-y': 'yes',
  '--json': 'json',
  '--list-snapshots': 'listSnapshots',
  '--verbose': 'verbose',
  '-v': 'verbose',
};

/** Flags that take a word. */
const TEXTS: Readonly<Record<string, string>> = { '--config': 'config', '-c': 'config', '--env': 'env', '-e': 'env', '--lane': 'lane' };

const WORD = /^[\w./][\w./-]*$/;

/**
 * Reads the command lines that nearly all are, without loading the library for it: verbs, switches and plain values.
 * Undefined where there is anything else: then commander reads them, and tells what is wrong.
 */
export function parseQuickly(argv: readonly string[]): Arguments | undefined {
  const args: string[] = [];
  const given: Record<string, unknown> = {};
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!;
    if (Object.hasOwn(SWITCHES, word)) given[SWITCHES[word]!] = true;
    else if (Object.hasOwn(TEXTS, word)) {
      const value = argv[++at];
      if (value === undefined || !WORD.test(value)) return undefined;
      given[TEXTS[word]!] = value;
    } else if (WORD.test(word)) args.push(word);
    else return undefined;
  }
  return argumentsOf(args, given);
}
