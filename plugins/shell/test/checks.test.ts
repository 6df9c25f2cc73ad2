import { describe, expect, it } from 'vitest';
import { runCheck, runCondition } from '../src/index.js';
import { context } from './help.js';

describe('the check run', () => {
  it.each([
    ['true', 'passed'],
    ['exit 3', 'failed'],
    ['exit 255', 'failed'],
    ['no-such-command', 'errored'],
    ['kill -9 $$', 'errored'],
    ['sh -c "kill -9 \\$\\$"; exit $?', 'errored'],
  ])('%j: %s', async (run, outcome) => {
    expect(await runCheck.run(context(), { run })).toMatchObject({ outcome });
  });

  it('tells the last lines of a failure', async () => {
    const outcome = await runCheck.run(context(), { run: 'seq 20; echo s3cret >&2; exit 1' });
    expect(outcome.detail).toBe(`exited with 1\n${[12, 13, 14, 15, 16, 17, 18, 19, 20].join('\n')}\n[redacted]`);
  });

  it('cannot tell at its deadline', async () => {
    const signal = AbortSignal.timeout(50);
    expect(await runCheck.run(context({ signal }), { run: ['sleep', '60'], shell: false })).toMatchObject({ outcome: 'errored' });
  });

  it('is described by its command', () => {
    expect(runCheck.describe!({ run: 'npm test' })).toBe('npm test');
  });
});

describe('the condition run', () => {
  it('holds on exit 0', async () => {
    expect(await runCondition.holds(context(), 'true')).toBe(true);
    expect(await runCondition.holds(context(), 'exit 9')).toBe(false);
    expect(await runCondition.holds(context(), { run: ['test', 'a', '=', 'a'], shell: false })).toBe(true);
  });

  it('is an error where it cannot tell', async () => {
    await expect(runCondition.holds(context(), 'no-such-command')).rejects.toMatchObject({ code: 'SHIP_COMMAND_NOT_FOUND' });
  });
});
