import { describe, expect, it } from 'vitest';
import { parseArguments } from '../src/arguments.js';

describe('the command line', () => {
  it.each([
    [['-e', 'production', '--config=deploy/ship.yaml', '-ny'], { env: 'production', config: 'deploy/ship.yaml', dryRun: true, yes: true }],
    [['-cship.yaml', '--rollback-on-failure'], { config: 'ship.yaml', autoRollback: true, noAutoRollback: false }],
    [['--no-auto-rollback'], { autoRollback: false, noAutoRollback: true }],
    [['--env', 'staging', '--env', 'production'], { env: 'production' }],
    [['--config', '-odd.yaml'], { config: '-odd.yaml' }],
  ])('given %j, then the flags are as they are written', (argv, flags) => {
    expect(parseArguments(argv).flags).toMatchObject(flags);
  });

  it('given no flag, then switches are off, and nothing else is there', () => {
    const { flags } = parseArguments([]);
    expect(new Set(Object.values(flags))).toEqual(new Set([false]));
    expect(flags).not.toHaveProperty('rollbackOnFailure');
  });

  it('given words, flags between them and words behind --, then the words keep their order', () => {
    expect(parseArguments(['snapshots', '--json', 'list', '--', '--all'])).toMatchObject({ verb: 'snapshots', rest: ['list', '--all'] });
  });

  it('given a command of a plugin, then options that only it knows are handed to it in their order, and ours are ours', () => {
    const { verb, rest, flags } = parseArguments(['migrations', 'check', '--from=a', '--json', '--to', 'b']);
    expect(flags.to).toBeUndefined();
    expect({ verb, rest, json: flags.json }).toEqual({ verb: 'migrations', rest: ['check', '--from=a', '--to=b'], json: true });
  });

  it.each([
    [['--jsno'], "unknown option '--jsno'", 'Did you mean `--json`?'],
    [['--__proto__'], "unknown option '--__proto__'", '`ship --help` shows what there is.'],
    [['-nx'], "unknown option '-x'", '`ship --help` shows what there is.'],
    [['--no-json'], "unknown option '--no-json'", undefined],
    [['--config'], '--config needs a value', undefined],
    [['-e'], '-e needs a value', undefined],
    [['--json=yes'], '--json takes no value', undefined],
    [['--config='], '--config names no file', undefined],
    [['--auto-rollback', '--no-auto-rollback'], '--auto-rollback and --no-auto-rollback contradict each other', undefined],
    [['--rollback-on-failure', '--no-rollback'], '--auto-rollback and --no-rollback contradict each other', undefined],
    [['--rollback-to', 'x', '--no-rollback'], '--rollback-to and --no-rollback contradict each other', undefined],
  ])('given %j, then it is refused: %s', (argv, message, hint) => {
    const error = expect.objectContaining({ code: 'SHIP_USAGE', message, ...(hint === undefined ? {} : { hint }) });
    expect(() => parseArguments(argv)).toThrow(error);
  });
});
