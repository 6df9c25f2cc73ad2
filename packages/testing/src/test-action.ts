import type { Action, Json, JsonObject, Plugin } from '@ship/core';
import { definePlugin } from '@ship/core';
import { describe, expect, it } from 'vitest';
import { harness } from './harness.js';

/** What the suite needs to know about an action. */
export interface ActionUnderTest<State> {
  readonly plugin: Plugin<never>;
  /** `plugin/action`. */
  readonly uses: string;
  /** An input for the world in `folder`. */
  input(folder: string): JsonObject;
  /** Prepares the world; the folder is that of the config. */
  prepare?(folder: string): Promise<void> | void;
  /** Reads the world, to be compared. */
  observe(folder: string): Promise<State> | State;
}

/** The promises of an action: a run that fails afterwards leaves the world as it was, and undoing twice is undoing once. */
export function testAction<State>(name: string, test: ActionUnderTest<State>): void {
  describe(`action ${name}`, () => {
    it('given the action in a run that fails later, when it is taken back, then the world is as before', async () => {
      const { folder, run, before } = await open(test);
      const report = await run();
      expect(report.status).toBe('rolled_back');
      expect(report.steps[0]?.status).toBe('undone');
      expect(await test.observe(folder)).toEqual(before);
    });

    it('given an undone action, when it is restored again, then nothing changes', async () => {
      const { folder, run, before, kernel, ctx } = await open(test);
      await run();
      const action = kernel.registry.actions.get(test.uses) as Action;
      const captured = ((await action.capture?.(ctx, test.input(folder))) ?? null) as Json;
      await action.restore?.(ctx, captured, undefined, test.input(folder));
      expect(await test.observe(folder)).toEqual(before);
    });
  });
}

const failing = definePlugin({
  name: 'failing',
  ship: '^1',
  apply(ship) {
    ship.action('now', {
      run: () => {
        throw new Error('fails on purpose');
      },
    });
  },
});

async function open<State>(test: ActionUnderTest<State>) {
  // biome-ignore lint/suspicious/noExplicitAny: the step is set below, once the folder is known
  let ctx: any;
  const witness = definePlugin({
    name: 'witness',
    ship: '^1',
    apply(ship) {
      ship.hooks.beforeStep.tapPromise('context', async (step, run) => {
        ctx ??= { ...run, step: { id: step.id, uses: step.uses, attempt: 1 } };
      });
    },
  });
  const opened = await harness({
    config: `optimization: { rollback: { enabled: true } }\nsteps:\n  - { id: act, uses: ${test.uses}, with: ${JSON.stringify(test.input('.'))} }\n  - { id: fail, uses: failing/now }`,
    plugins: [test.plugin, failing, witness],
    flags: { auto_rollback: true },
  });
  await test.prepare?.(opened.folder);
  const before = await test.observe(opened.folder);
  return {
    ...opened,
    before,
    get ctx() {
      return ctx;
    },
  };
}
