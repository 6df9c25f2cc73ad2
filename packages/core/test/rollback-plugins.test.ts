import { harness } from '@ship/testing';
import { describe, expect, it } from 'vitest';
import type { PluginScope, Strategy } from '../src/index.js';
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

  /** A way for everything that is the plugin's own. */
  const mine = (rollback: () => unknown) => (ship: PluginScope) =>
    ship.strategy('mine', { way: 'undo', applies: () => true, rollback: rollback as Strategy['rollback'] });

  it('given a plugin with a strategy of its own, when the run fails, then it is used instead of the undos', async () => {
    const log: string[] = [];
    const { run } = await withPlugin(
      log,
      mine(async () => ({ components: [], remaining: [] })),
    );
    expect(await run()).toMatchObject({
      exit_code: 1,
      rollback: { scope: 'full', target_snapshot: null, remaining: [], tried: [{ way: 'undo', strategy: 'mine', outcome: 'done' }] },
    });
    expect(log).toEqual(['run a', 'run b']);
  });

  it.each<[string, () => unknown, string]>([
    ['throws', fail, 'SHIP_HOOK_FAILED'],
    ['answers nonsense', () => ({ all: 'good' }), 'SHIP_HOOK_CONTRACT'],
    ['answers nothing', () => undefined, 'SHIP_HOOK_CONTRACT'],
  ])(
    'given a strategy that %s, when the run fails, then the kernel undoes the run itself, and the error is reported',
    async (_, strategy, code) => {
      const log: string[] = [];
      const { run } = await withPlugin(log, mine(strategy));
      expect(await run()).toMatchObject({
        exit_code: 1,
        errors: [{ code, source: 'p/mine' }],
        rollback: {
          tried: [
            { strategy: 'mine', outcome: 'failed' },
            { way: 'undo', outcome: 'done' },
          ],
        },
      });
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
