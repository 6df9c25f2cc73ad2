import { harness } from '@ship/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { environmentCondition, variableCondition } from '../src/builtins/register.js';
import type { CheckOutcome, Context } from '../src/index.js';
import { actions, ofType, plugin, steps } from './help.js';

type Answer = (attempt: number, ctx: Context) => CheckOutcome | Promise<CheckOutcome>;

/** A run of one step and a smoke suite of `probe` checks that answer so. */
async function smoke(answer: Answer, check = 'probe: 1', suite = 'smoke') {
  let attempt = 0;
  const probe = plugin('probe', (ship) => ship.check('probe', { input: { type: 'object' }, run: async (ctx) => answer(++attempt, ctx) }));
  const opened = await harness({
    plugins: [actions({ ok: () => null }), probe],
    config: `${steps('id: a, uses: t/ok')}\nverify: { ${suite}: [{ ${check} }] }`,
  });
  const report = await opened.run();
  return { ...opened, report, check: Object.values(report.verification)[0]?.checks[0] };
}

describe('suites', () => {
  it.each<[string, Answer, string, string, number]>([
    ['passes', () => ({ outcome: 'passed' }), 'probe: 1', 'passed', 0],
    ['fails', () => ({ outcome: 'failed', detail: 'down' }), 'probe: 1', 'failed', 3],
    ['fails and is not required', () => ({ outcome: 'failed', detail: 'down' }), 'probe: 1, required: false', 'failed', 0],
    ['cannot tell', () => ({ outcome: 'errored', detail: 'no tool' }), 'probe: 1', 'errored', 3],
    [
      'throws',
      () => {
        throw new Error('broken');
      },
      'probe: 1',
      'errored',
      3,
    ],
    [
      'throws a text',
      () => {
        throw 'just text';
      },
      'probe: 1',
      'errored',
      3,
    ],
    ['answers nothing', () => undefined as never, 'probe: 1', 'errored', 3],
    [
      'is flaky',
      (attempt) => (attempt < 3 ? { outcome: 'failed', detail: 'not yet' } : { outcome: 'passed' }),
      'probe: 1, retry: { times: 2, delay: 1ms }',
      'passed',
      0,
    ],
    [
      'fails in a way that is not tried again',
      (attempt) => (attempt === 1 ? { outcome: 'failed', detail: 'wrong' } : { outcome: 'passed' }),
      'probe: 1, retry: { times: 2, delay: 1ms, on: [network_error] }',
      'failed',
      3,
    ],
    [
      'takes too long',
      (_, ctx) => new Promise((_yes, no) => ctx.signal.addEventListener('abort', () => no(new Error('cut off')))),
      'probe: 1, timeout: 10ms',
      'errored',
      3,
    ],
    ['ignores that it takes too long', () => new Promise(() => {}), 'probe: 1, timeout: 10ms', 'errored', 3],
  ])('given a check that %s, when it runs, then its outcome and the exit status fit', async (_, answer, config, outcome, exit) => {
    const { report, check } = await smoke(answer, config);
    expect([check!.outcome, report.exit_code]).toEqual([outcome, exit]);
  });

  it('given a flaky check, when it passes at last, then the report counts the attempts', async () => {
    const { check } = await smoke(
      (attempt) => (attempt === 1 ? { outcome: 'failed', detail: 'x' } : { outcome: 'passed' }),
      'probe: 1, retry: { times: 3, delay: 1ms }',
    );
    expect(check).toMatchObject({ attempts: 2, outcome: 'passed', required: true });
  });

  it('given a failed smoke suite, when the others are due, then they do not run', async () => {
    const probe = plugin('probe', (ship) => ship.check('probe', { input: {}, run: async () => ({ outcome: 'failed', detail: 'down' }) }));
    const { run, events } = await harness({
      plugins: [actions({ ok: () => null }), probe],
      config: `${steps('id: a, uses: t/ok')}\nverify: { smoke: [{ probe: 1 }], security: [{ probe: 2 }] }`,
    });
    expect(await run()).toMatchObject({ failure: { trigger: 'smoke_tests_failed', severity: 'CRITICAL' } });
    expect(ofType(events, 'suite-started').map(({ suite }) => suite)).toEqual(['smoke']);
  });

  it.each([{}, { no_rollback: true }])(
    'given a failed performance suite and %j, when the run ends, then it is told, and the run succeeds',
    async (flags) => {
      const probe = plugin('probe', (ship) => ship.check('probe', { input: {}, run: async () => ({ outcome: 'failed', detail: 'slow' }) }));
      const { run } = await harness({
        plugins: [actions({ ok: () => null }), probe],
        config: `${steps('id: a, uses: t/ok')}\nverify: { performance: [{ probe: 1 }] }`,
        flags,
      });
      expect(await run()).toMatchObject({ exit_code: 0, failure: { severity: 'MEDIUM' }, warnings: [expect.stringContaining('slow')] });
    },
  );
});

const ctx = (more: Partial<Context> = {}) => ({ environment: 'staging', signal: new AbortController().signal, ...more }) as Context;

describe('conditions', () => {
  it.each([
    ['staging', true],
    ['production', false],
    [['production', 'staging'], true],
  ])('given the environment staging and %j, when it is asked, then %s', (argument, holds) => {
    expect(environmentCondition.holds(ctx(), argument)).toBe(holds);
  });

  it.each([
    [{ SHIP_TEST_SET: 'yes' }, true],
    [{ SHIP_TEST_SET: 'no' }, false],
    [{ SHIP_TEST_SET: true, SHIP_TEST_EMPTY: false, SHIP_TEST_UNSET: false }, true],
    [{ SHIP_TEST_EMPTY: true }, false],
    [{ SHIP_TEST_SET: false }, false],
  ])('given variables and %j, when they are asked, then %s', (argument, holds) => {
    Object.assign(process.env, { SHIP_TEST_SET: 'yes', SHIP_TEST_EMPTY: '' });
    onTestFinished(() => {
      for (const name of ['SHIP_TEST_SET', 'SHIP_TEST_EMPTY']) delete process.env[name];
    });
    expect(variableCondition.holds(ctx(), argument)).toBe(holds);
  });
});
