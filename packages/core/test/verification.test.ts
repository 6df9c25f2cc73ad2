import { harness } from '@ship/testing';
import { describe, expect, it } from 'vitest';
import type { CheckOutcome, Trigger } from '../src/index.js';
import { actions, plugin, recording, rollingBack, steps } from './help.js';

/** A check that answers from a list, and then for ever as its last answer was. */
function answering(...outcomes: readonly CheckOutcome['outcome'][]) {
  let asked = 0;
  const probe = plugin('p', (ship) =>
    ship.check('probe', {
      input: { type: 'object' },
      run: async () => {
        const outcome = outcomes[Math.min(asked++, outcomes.length - 1)]!;
        return outcome === 'passed' ? { outcome } : { outcome, detail: `answer ${asked}` };
      },
    }),
  );
  return { probe, asked: () => asked };
}
const verified = (check: string, more = '') => `verify: { smoke: [{ probe: x, ${check} }]${more} }\n${steps('id: a, uses: t/ok')}`;

describe('a check that is measured more than once', () => {
  it.each<[string, CheckOutcome['outcome'][], string, string, number]>([
    ['holds throughout', ['passed'], 'repeat: { times: 4, every: 0s }', 'passed', 4],
    ['fails once where none may', ['passed', 'failed'], 'repeat: { times: 4, every: 0s }', 'failed', 2],
    ['fails once where one may', ['failed', 'passed'], 'repeat: { times: 4, every: 0s }, limits: { failed: 1 }', 'passed', 4],
    ['errors where only failures may be', ['failed', 'errored'], 'repeat: { times: 4, every: 0s }, limits: { failed: 3 }', 'errored', 2],
    ['proves nothing too often', ['inconclusive'], 'repeat: { times: 5, every: 0s }, limits: { inconclusive: 2 }', 'inconclusive', 3],
    ['proves nothing, and is asked once', ['inconclusive'], 'required: true', 'inconclusive', 1],
  ])('given one that %s, when it is asked, then its outcome is by its limits', async (_, outcomes, check, outcome, times) => {
    const { probe, asked } = answering(...outcomes);
    const { run } = await harness({ plugins: [probe, actions(recording([]))], config: verified(check) });
    const { verification } = await run();
    expect([verification.smoke!.checks[0]!.outcome, asked()]).toEqual([outcome, times]);
    expect(verification.smoke!.outcome).toBe(outcome === 'passed' ? 'passed' : 'failed');
  });

  it('given retries in each measurement, when one is flaky, then only what stays wrong counts', async () => {
    const { probe } = answering('failed', 'passed', 'failed', 'passed');
    const check = 'repeat: { times: 2, every: 0s }, retry: { times: 1, delay: 0s }';
    const { run } = await harness({ plugins: [probe, actions(recording([]))], config: verified(check) });
    expect((await run()).verification.smoke!.checks[0]).toMatchObject({ outcome: 'passed', attempts: 4, measured: { passed: 2 } });
  });
});

describe('what a failed check sets off', () => {
  it.each<[string, Trigger, string]>([
    ['trigger: error_rate_spike', 'error_rate_spike', 'HIGH'],
    ['required: true', 'smoke_tests_failed', 'CRITICAL'],
    ['required: false', 'non_critical_test_failed', 'MEDIUM'],
    ['required: false, trigger: documentation_mismatch', 'documentation_mismatch', 'LOW'],
  ])('given a check with %s, when it fails, then it is %s, %s', async (check, trigger, severity) => {
    const { probe } = answering('failed');
    const { run } = await rollingBack({ plugins: [probe, actions(recording([]))], config: verified(check) });
    const report = await run();
    expect(report.failure).toMatchObject({ trigger, severity });
    expect(report.status).toBe(severity === 'MEDIUM' || severity === 'LOW' ? 'succeeded' : 'rolled_back');
  });

  it('given several that fail, when they differ, then the worst one counts', async () => {
    const { probe } = answering('failed');
    const config = `verify: { smoke: [{ probe: x, trigger: latency_degradation }, { probe: y }] }\n${steps('id: a, uses: t/ok')}`;
    const { run } = await rollingBack({ plugins: [probe, actions(recording([]))], config });
    expect((await run()).failure).toMatchObject({ trigger: 'smoke_tests_failed' });
  });

  it('given an optional check of a kind with a trigger of its own, when it fails, then that is not critical', async () => {
    const metric = plugin('m', (ship) =>
      ship.check('metric', {
        input: { type: 'object' },
        trigger: 'error_rate_spike',
        run: async () => ({ outcome: 'failed', detail: 'too high' }),
      }),
    );
    const of = (required: boolean) => `verify: { smoke: [{ metric: x, required: ${required} }] }\n${steps('id: a, uses: t/ok')}`;
    const reportOf = async (required: boolean) =>
      (await rollingBack({ plugins: [metric, actions(recording([]))], config: of(required) })).run();
    expect((await reportOf(false)).failure).toMatchObject({ trigger: 'non_critical_test_failed' });
    expect((await reportOf(true)).failure).toMatchObject({ trigger: 'error_rate_spike' });
  });

  it('given an optional check that the config takes seriously, when it fails, then the run is taken back', async () => {
    const { probe } = answering('failed');
    const config = `optimization: { rollback: { severity: { non_critical_test_failed: HIGH } } }\n${verified('required: false')}`;
    const { run } = await rollingBack({ plugins: [probe, actions(recording([]))], config });
    expect(await run()).toMatchObject({ status: 'rolled_back', failure: { trigger: 'non_critical_test_failed' } });
  });
});

describe('bake', () => {
  it('given a success that does not hold, when it bakes, then the run fails, and is taken back', async () => {
    const { probe, asked } = answering('passed', 'passed', 'failed');
    const log: string[] = [];
    const config = verified('name: probe', ', bake: { for: 10s, every: 10ms }');
    const { run } = await rollingBack({ plugins: [probe, actions(recording(log))], config });
    expect(await run()).toMatchObject({ status: 'rolled_back', failure: { trigger: 'smoke_tests_failed' } });
    expect([asked(), log]).toEqual([3, ['run a', 'undo a']]);
  });

  it('given one that holds, when the time is over, then it counts; given Ctrl-C, then it is interrupted', async () => {
    const { probe, asked } = answering('passed');
    const config = verified('name: probe', ', bake: { for: 80ms, every: 20ms }');
    const { run } = await harness({ plugins: [probe, actions(recording([]))], config });
    expect(await run()).toMatchObject({ status: 'succeeded' });
    expect(asked()).toBeGreaterThan(1);

    const long = await harness({
      plugins: [answering('passed').probe, actions(recording([]))],
      config: verified('name: probe', ', bake: { for: 1h, every: 1h }'),
    });
    const interrupt = new AbortController();
    setTimeout(() => interrupt.abort(new Error('Ctrl-C')), 100);
    expect(await long.run(interrupt.signal)).toMatchObject({ status: 'interrupted', exit_code: 130 });
  });
});
