import { harness } from '@ship/testing';
import { describe, expect, it } from 'vitest';
import type { RollbackReport } from '../src/index.js';
import { actions, fail, journalOf, plugin, recording, rollingBack, steps } from './help.js';

describe('rollback and plugins', () => {
  const withPlugin = (log: string[], apply: Parameters<typeof plugin>[1]) =>
    rollingBack({ plugins: [actions(recording(log)), plugin('p', apply)], config: steps('id: a, uses: t/ok', 'id: b, uses: t/fail') });

  it('given a plugin that blocks, when the run fails, then nothing is undone, the exit status is 6, and the finding is told', async () => {
    const log: string[] = [];
    const { run } = await withPlugin(log, (ship) =>
      ship.hooks.beforeRollback.tap('no', (_request, _run, finding) =>
        finding({ level: 'block', rule: 'r', message: 'the schema has moved on' }),
      ),
    );
    expect(await run()).toMatchObject({
      status: 'refused',
      exit_code: 6,
      errors: [{ code: 'SHIP_ROLLBACK_REFUSED', message: 'the rollback would do harm: the schema has moved on' }],
    });
    expect(log).toEqual(['run a', 'run b']);
  });

  it('given a plugin with a strategy of its own, when the run fails, then it is used instead of the undos', async () => {
    const log: string[] = [];
    const report: RollbackReport = {
      scope: 'full',
      target_snapshot: null,
      components: [],
      findings: [],
      verification: {},
      remaining: [],
      duration_ms: 1,
    };
    const { run } = await withPlugin(log, (ship) => ship.hooks.rollback.tapPromise('mine', async () => report));
    const { duration_ms: _, ...told } = report;
    expect(await run()).toMatchObject({ exit_code: 1, rollback: told });
    expect(log).toEqual(['run a', 'run b']);
  });

  it.each<[string, () => unknown, string]>([
    ['throws', fail, 'SHIP_HOOK_FAILED'],
    ['answers nonsense', () => ({ all: 'good' }), 'SHIP_HOOK_CONTRACT'],
  ])(
    'given a strategy that %s, when the run fails, then the kernel undoes the run itself, and the error is told',
    async (_, strategy, code) => {
      const log: string[] = [];
      const { run } = await withPlugin(log, (ship) => ship.hooks.rollback.tap('mine', strategy as () => undefined));
      expect(await run()).toMatchObject({ exit_code: 1, errors: [{ code }] });
      expect(log).toEqual(['run a', 'run b', 'undo b', 'undo a']);
    },
  );

  it('given a plugin that decides otherwise, when the run fails, then its decision counts and stands in the journal', async () => {
    const log: string[] = [];
    const opened = await withPlugin(log, (ship) =>
      ship.hooks.decide.tap('calm', (decision) => ({ ...decision, action: 'warn', reasons: [...decision.reasons, 'calm says no'] })),
    );
    const report = await opened.run();
    expect(report).toMatchObject({ exit_code: 3, decision: { action: 'warn' }, rollback: null });
    expect((await journalOf(opened, report)).find(({ type }) => type === 'decision')).toMatchObject({
      decision: { reasons: expect.arrayContaining(['calm says no']) },
    });
    expect(log).toEqual(['run a', 'run b']);
  });

  it.each<[string, () => unknown]>([
    ['throws', fail],
    ['answers nonsense', () => ({ action: 'explode' })],
    ['answers a promise that rejects', () => Promise.reject(new Error('late'))],
  ])('given a plugin whose decision %s, when the run fails, then what the kernel decides is done', async (_, answer) => {
    const log: string[] = [];
    const { run } = await withPlugin(log, (ship) => ship.hooks.decide.tap('bad', answer as () => undefined));
    expect(await run()).toMatchObject({ exit_code: 1, errors: [{ message: expect.stringMatching(/decide (failed|answered)/) }] });
    expect(log).toContain('undo a');
  });

  it('given --no-rollback, when a plugin decides to roll back, then it is refused', async () => {
    const log: string[] = [];
    const all = plugin('p', (ship) =>
      ship.hooks.decide.tap('eager', (decision) => ({ ...decision, action: 'rollback', scope: 'full', reasons: ['I want to'] })),
    );
    const { run } = await harness({
      plugins: [actions(recording(log)), all],
      config: steps('id: a, uses: t/fail'),
      flags: { no_rollback: true },
    });
    expect(await run()).toMatchObject({ exit_code: 3, decision: { action: 'none' }, errors: [{ code: 'SHIP_HOOK_CONTRACT' }] });
    expect(log).toEqual(['run a']);
  });
});
