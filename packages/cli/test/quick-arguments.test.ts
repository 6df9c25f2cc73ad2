import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseArguments } from '../src/arguments.js';
import { parseQuickly } from '../src/quick-arguments.js';

const FLAGS = [
  ...['-c', '--config', '-e', '--env', '--lane', '--auto-rollback', '--rollback-on-failure', '--no-auto-rollback', '--no-rollback'],
  ...['--force-rollback', '--rollback-to', '--rollback-component', '--to', '--component', '--instant', '--context', '--replay'],
  ...['--back', '--forward', '--rollback-timeout', '--lock-wait', '--list-snapshots', '--without-journal', '-n', '--dry-run'],
  ...['-y', '--yes', '--json', '-v', '--verbose', '-h', '--help', '-V', '--version', '--config=a.yaml', '-ny', '-ca', '--', '-', '--jsn'],
];
const WORDS = [
  'validate',
  'snapshots',
  'list',
  'deploy',
  'help',
  'standard',
  'a.yaml',
  '../b/c.yaml',
  '20',
  '-1',
  '',
  'a b',
  'ä',
  'a=b',
  '__proto__',
];

type Outcome = { read: unknown } | { refused: unknown };

function outcomeOf(read: () => unknown): Outcome {
  try {
    return { read: read() };
  } catch (error) {
    const { code, message, hint } = error as { code: string; message: string; hint?: string };
    return { refused: { code, message, hint } };
  }
}

describe('command lines that are read quickly', () => {
  it('given any flags and words, when they are read quickly, then commander reads or refuses them alike', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...FLAGS), fc.constantFrom(...WORDS), fc.string()), { maxLength: 6 }), (argv) => {
        const quick = outcomeOf(() => parseQuickly(argv));
        if ('read' in quick && quick.read === undefined) return;
        expect(quick).toEqual(outcomeOf(() => parseArguments(argv)));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    [['validate']],
    [[]],
    [['snapshots', 'list', 'all', '--json']],
    [['-e', 'production', '--config', 'deploy/ship.yaml', '--auto-rollback', '-y']],
    [['--list-snapshots', '-v']],
  ])('given %j, then it is read quickly, as commander reads it', (argv) => {
    expect(parseQuickly(argv)).toEqual(parseArguments(argv));
    expect(parseQuickly(argv)).toBeDefined();
  });

  it.each([
    [['--jsno']],
    [['--config']],
    [['--config', '--json']],
    [['-e=production']],
    [['--config=a.yaml']],
    [['--', 'validate']],
    [['a b']],
  ])('given %j, then it is left to commander', (argv) => {
    expect(parseQuickly(argv)).toBeUndefined();
  });
});
