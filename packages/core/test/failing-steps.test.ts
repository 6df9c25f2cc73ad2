import { type HarnessOptions, harness } from '@ship/testing';
import { describe, expect, it } from 'vitest';
import type { DecisionOption, InterventionGuide } from '../src/index.js';
import { foldJournal } from '../src/journal/state.js';
import { resume } from '../src/run/recover/recover.js';
import { actions, fail, journalOf, ofType, plugin, recording, rollingBack, steps } from './help.js';

/** Somebody who answers in turn, and remembers what was asked and shown. */
function answering(...answers: (DecisionOption | undefined)[]) {
  const asked: { question: string; options: readonly DecisionOption[]; recommended: DecisionOption | undefined }[] = [];
  const shown: InterventionGuide[] = [];
  const interaction: NonNullable<HarnessOptions['interaction']> = {
    choose: async (question, options, recommended) => {
      asked.push({ question, options, recommended });
      return answers.shift();
    },
    show: (guide) => void shown.push(guide),
  };
  return { asked, shown, interaction };
}

/** `ok` and `fail` write down what happens; `flaky` fails as often as it is told to. */
function world(failures = 1) {
  const log: string[] = [];
  let left = failures;
  let value = 'before';
  const flaky = {
    capture: () => value,
    run: (ctx: { step: { id: string } }) => {
      log.push(`run ${ctx.step.id}`);
      value += '+';
      left -= 1;
      if (left >= 0) throw new Error(`failure ${failures - left}`);
    },
    restore: (_ctx: unknown, before: unknown) => void log.push(`undo to ${before}`),
  };
  return { log, plugins: [actions({ ...recording(log), flaky: flaky as never })] };
}

const THREE = steps('id: a, uses: t/ok', 'id: b, uses: t/flaky', 'id: c, uses: t/ok');

describe('a failed step, and somebody to ask', () => {
  it('given `retry` twice, when the step succeeds at last, then it ran with its first capture, what was done is not run again, and each attempt is told', async () => {
    const { log, plugins } = world(2);
    const { asked, interaction } = answering('retry', 'retry');
    const opened = await harness({ plugins, config: THREE, interaction });
    const report = await opened.run();
    expect(log).toEqual(['run a', 'run b', 'run b', 'run b', 'run c']);
    expect(asked).toHaveLength(2);
    expect(asked[0]).toEqual({
      question: 'CRITICAL step_failed. What now?',
      options: ['retry', 'continue', 'full_rollback', 'investigate', 'skip'],
      recommended: 'full_rollback',
    });
    expect(report).toMatchObject({ status: 'succeeded', exit_code: 0, failure: null });
    expect(report.steps[1]).toMatchObject({
      status: 'done',
      attempts: 3,
      failed_attempts: [
        { attempt: 1, error: { message: 'failure 1' } },
        { attempt: 2, error: { message: 'failure 2' } },
      ],
    });
    const entries = await journalOf(opened, report);
    const intents = entries.filter((entry) => entry.type === 'intent' && entry.name === 'b');
    expect(intents).toMatchObject([1, 2, 3].map((attempt) => ({ attempt, before: 'before' })));
    const state = foldJournal(entries);
    expect(state.steps.get('b')).toMatchObject({ status: 'done' });
    expect(state.failedAttempts.get('b')).toMatchObject([{ attempt: 1 }, { attempt: 2 }]);
    expect(entries.flatMap((entry) => (entry.type === 'decision' ? [entry.decision.answer] : []))).toEqual(['retry', 'retry']);
    expect(ofType(opened.events, 'step-retried')).toMatchObject([
      { attempt: 1, delay_ms: 0 },
      { attempt: 2, delay_ms: 0 },
    ]);
  });

  it('given `retry` and then `full_rollback`, when it failed again, then the run is taken back to the first capture', async () => {
    const { log, plugins } = world(2);
    const { interaction } = answering('retry', 'full_rollback');
    const report = await (await harness({ plugins, config: THREE, interaction })).run();
    expect(log).toEqual(['run a', 'run b', 'run b', 'undo to before', 'undo a']);
    expect(report).toMatchObject({
      status: 'rolled_back',
      decision: { trigger: 'prompted', answer: 'full_rollback' },
      failure: { message: 'failure 2' },
    });
  });

  it('given `continue`, when the step failed, then its dependents run, the run succeeds with a warning, and the journal says that it was let pass', async () => {
    const { log, plugins } = world();
    const { interaction } = answering('continue');
    const opened = await harness({ plugins, config: THREE, interaction });
    const report = await opened.run();
    expect(log).toEqual(['run a', 'run b', 'run c']);
    expect(report).toMatchObject({
      status: 'succeeded',
      steps: [{ status: 'done' }, { status: 'failed', error: { message: 'failure 1' } }, { status: 'done' }],
      failure: { step: 'b', severity: 'CRITICAL' },
      decision: { action: 'warn', answer: 'continue' },
      warnings: ['failure 1'],
    });
    const entries = await journalOf(opened, report);
    expect(entries).toContainEqual(expect.objectContaining({ type: 'step-tolerated', step: 'b' }));
    const state = foldJournal(entries);
    expect([state.steps.get('b')!.status, state.tolerated.has('b')]).toEqual(['failed', true]);
  });

  it('given `continue` and a later failure that is rolled back, when it is undone, then the step that was let pass is undone, too', async () => {
    const { log, plugins } = world();
    const { interaction } = answering('continue', 'full_rollback');
    const config = steps('id: a, uses: t/ok', 'id: b, uses: t/flaky', 'id: c, uses: t/fail');
    const report = await (await harness({ plugins, config, interaction })).run();
    expect(log).toEqual(['run a', 'run b', 'run c', 'undo c', 'undo to before', 'undo a']);
    expect(report).toMatchObject({ status: 'rolled_back', failure: { step: 'c' } });
  });

  it('given `investigate`, when it is answered, then what is known is shown, and it is asked again', async () => {
    const { plugins } = world();
    const { asked, shown, interaction } = answering('investigate', 'skip');
    const maker = plugin('m', (ship) => {
      ship.action('make', {
        run: (ctx) => ctx.created({ type: 'thing', id: 'x', provenance: 'created', commands: ['things rm x'] }),
      });
      ship.hooks.onFailure.tapPromise('evidence', async (_failure, _run, notice) => notice.addEvidence('pods', 'api-1 CrashLoopBackOff'));
    });
    const config = steps('id: m, uses: m/make', 'id: b, uses: t/flaky', 'id: c, uses: t/ok');
    const report = await (await harness({ plugins: [...plugins, maker], config, interaction })).run();
    expect(asked).toHaveLength(2);
    expect(shown).toMatchObject([
      {
        failure: { step: 'b', message: 'failure 1' },
        evidence: [{ name: 'pods', text: 'api-1 CrashLoopBackOff' }],
        steps: [{ status: 'done' }, { status: 'failed' }, { status: 'not_run' }],
        commands: [{ command: 'ship resume' }, { command: 'ship rollback' }],
        resources: [{ id: 'x', commands: ['things rm x'] }],
        journal: expect.stringMatching(/runs\/default\/.+\/journal\.jsonl$/),
        logs: expect.stringMatching(/logs$/),
      },
    ]);
    expect(report).toMatchObject({ status: 'failed', exit_code: 3, decision: { action: 'prompt', answer: 'skip' } });
  });

  it('given two steps side by side that fail, when both are asked about, then each goes its own way', async () => {
    const { log, plugins } = world();
    const { asked, interaction } = answering('retry', 'continue');
    const config = steps('id: b, uses: t/flaky, needs: []', 'id: f, uses: t/fail, needs: []', 'id: z, uses: t/ok, needs: [b, f]');
    const report = await (await harness({ plugins, config, interaction })).run();
    expect(asked).toHaveLength(2);
    expect(log.filter((line) => line === 'run f')).toHaveLength(1);
    expect(log.at(-1)).toBe('run z');
    expect(report.steps.map(({ status }) => status)).toEqual(['done', 'failed', 'done']);
  });

  it('given a step with continue_on_error and one that is tried again, when the run goes on, then the first is judged once', async () => {
    const { plugins } = world();
    const { interaction } = answering('retry');
    const config = steps('id: w, uses: t/fail, continue_on_error: true', 'id: b, uses: t/flaky');
    const report = await (await harness({ plugins, config, interaction })).run();
    expect(report).toMatchObject({ status: 'succeeded', warnings: ['fails on purpose'], failure: { severity: 'MEDIUM' } });
  });

  it('given a failed suite, when it is asked about, then there is no step to run again', async () => {
    const { plugins } = world(0);
    const { asked, interaction } = answering('skip');
    const checks = plugin('c', (ship) => ship.check('never', { input: {}, run: async () => ({ outcome: 'failed', detail: 'no' }) }));
    const config = `${THREE}\nverify: { smoke: [{ never: 1 }] }`;
    await (await harness({ plugins: [...plugins, checks], config, interaction })).run();
    expect(asked[0]!.options).toEqual(['full_rollback', 'investigate', 'skip']);
  });
});

describe('a failed step, and nobody to ask', () => {
  const failing = { plugins: [actions(recording([]))] };
  const recoverable = plugin('r', (ship) =>
    ship.action('fail', {
      critical: false,
      run: () => {
        throw new Error('fails on purpose');
      },
    }),
  );

  it.each<[string, string, HarnessOptions['flags'], object]>([
    ['a critical step', 'uses: t/fail', {}, { severity: 'CRITICAL', action: 'prompt', exit: 3 }],
    ['a critical step and --auto-rollback', 'uses: t/fail', { auto_rollback: true }, { severity: 'CRITICAL', action: 'rollback', exit: 1 }],
    ['a critical step and --no-rollback', 'uses: t/fail', { no_rollback: true }, { severity: 'CRITICAL', action: 'none', exit: 3 }],
    ['`critical: false`', 'uses: t/fail, critical: false', {}, { severity: 'HIGH', action: 'prompt', exit: 3 }],
    ['an action that is recoverable', 'uses: r/fail', {}, { severity: 'HIGH', action: 'prompt', exit: 3 }],
    ['`critical: true` over its action', 'uses: r/fail, critical: true', {}, { severity: 'CRITICAL', action: 'prompt', exit: 3 }],
    ['a recoverable one and --auto-rollback', 'uses: r/fail', { auto_rollback: true }, { severity: 'HIGH', action: 'rollback', exit: 1 }],
    ['continue_on_error', 'uses: t/fail, continue_on_error: true', {}, { severity: 'MEDIUM', action: 'warn', exit: 0 }],
  ])('given %s, when it fails, then the decision table holds', async (_, step, flags, { severity, action, exit }: never) => {
    const { run } = await harness({ plugins: [...failing.plugins, recoverable], config: steps(`id: a, ${step}`), flags: flags ?? {} });
    expect(await run()).toMatchObject({ failure: { severity }, decision: { severity, action }, exit_code: exit });
  });
});

describe('what a failed run keeps', () => {
  it('given a step that failed twice, evidence and a resource, when the run is left, then report.json and journal hold all of it', async () => {
    const { plugins } = world(5);
    const maker = plugin('m', (ship) => {
      ship.action('make', { run: (ctx) => ctx.created({ type: 'thing', id: 'x', provenance: 'created' }) });
      ship.hooks.onFailure.tapPromise('evidence', async (_failure, _run, notice) => notice.addEvidence('disk', 'full: hunter22'));
    });
    const config = `secrets: [KEY]\n${steps('id: m, uses: m/make', 'id: b, uses: t/flaky, retry: { times: 1, delay: 1ms }')}`;
    const opened = await harness({ plugins: [...plugins, maker], config, env: { KEY: 'hunter22' } });
    const { run } = await opened.run();
    const report = JSON.parse((await opened.store.get(`runs/default/${run}/report.json`))!.value);
    expect(report).toMatchObject({
      status: 'failed',
      exit_code: 3,
      failure: { step: 'b', message: 'failure 2' },
      evidence: [{ name: 'disk', text: 'full: ***' }],
      resources: { created: [{ id: 'x', step: 'm' }], kept: [{ id: 'x' }] },
      steps: [
        { status: 'done' },
        {
          status: 'failed',
          attempts: 2,
          error: { message: 'failure 2', source: 'b' },
          failed_attempts: [{ error: { message: 'failure 1' } }, { error: { message: 'failure 2' } }],
        },
      ],
    });
    const state = foldJournal(await journalOf(opened, report));
    expect(state).toMatchObject({
      status: 'failed',
      failure: { message: 'failure 2' },
      evidence: [{ name: 'disk', text: 'full: ***' }],
      resources: [{ step: 'm', resource: { id: 'x' }, fate: 'standing' }],
    });
    expect(state.steps.get('b')).toMatchObject({ status: 'failed', error: { message: 'failure 2' }, attempts: 2 });
    expect(state.failedAttempts.get('b')!.map(({ error }) => error.message)).toEqual(['failure 1', 'failure 2']);
  });

  it('given a run that was left, when it is resumed, then its attempts are counted on, and its resources are known', async () => {
    const { log, plugins } = world(1);
    const maker = plugin('m', (ship) =>
      ship.action('make', { run: (ctx) => ctx.created({ type: 'thing', id: 'x', provenance: 'created' }) }),
    );
    const config = steps('id: m, uses: m/make', 'id: b, uses: t/flaky');
    const first = await harness({ plugins: [...plugins, maker], config });
    await first.run();
    const second = await harness({ plugins: [...plugins, maker], config, store: first.store });
    const report = await resume(second.kernel, { command: 'ship resume' });
    expect(log).toEqual(['run b', 'run b']);
    expect(report).toMatchObject({
      status: 'succeeded',
      steps: [{ id: 'm' }, { status: 'done', attempts: 2, failed_attempts: [{ attempt: 1, error: { message: 'failure 1' } }] }],
      resources: { kept: [{ id: 'x', step: 'm' }] },
    });
  });

  it.each(['MEDIUM', 'LOW'])(
    'given a config by which a failed step is %s, when it fails, then the run goes on, as it says',
    async (severity) => {
      const log: string[] = [];
      const config = `optimization: { rollback: { severity: { step_failed: ${severity} } } }
${steps('id: a, uses: t/fail', 'id: b, uses: t/ok')}`;
      const { run } = await rollingBack({ plugins: [actions(recording(log))], config });
      expect(await run()).toMatchObject({ exit_code: 0, status: 'succeeded', failure: { severity, step: 'a' }, rollback: null });
      expect(log).toEqual(['run a', 'run b']);
    },
  );

  it.each([
    ['--no-rollback', { no_rollback: true }],
    ['no word about rollbacks', { auto_rollback: false }],
  ])('given such a config and %s, when a step fails, then the run goes on all the same', async (_, flags) => {
    const config = `optimization: { rollback: { severity: { step_failed: LOW } } }\n${steps('id: a, uses: t/fail')}`;
    const { run } = await rollingBack({ plugins: [actions({ fail })], config, flags });
    expect(await run()).toMatchObject({ exit_code: 0, status: 'succeeded', steps: [{ status: 'failed' }] });
  });
});
