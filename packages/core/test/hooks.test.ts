import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { harness } from '@ship/testing';
import { describe, expect, it } from 'vitest';
import { createHooks, guardHooks, HOOK_KINDS, type Hooks, pluginHooks } from '../src/hooks.js';
import type { Config } from '../src/index.js';
import { actions, plugin, recording, rollingBack, steps } from './help.js';

const boom = () => {
  throw new Error('boom');
};

/** Hooks with a guard of 30 ms, and what it was told. */
function guarded(): { hooks: Hooks; told: Error[] } {
  const hooks = createHooks();
  const told: Error[] = [];
  guardHooks(hooks, (error) => told.push(error), 30);
  return { hooks, told };
}

/** Taps in each of tapable's ways that throw. */
const WAYS: [string, (hook: never) => void][] = [
  ['tap', (hook: { tap(name: string, fn: () => void): void }) => hook.tap('x', boom)],
  ['tap with an async function', (hook: { tap(name: string, fn: () => unknown): void }) => hook.tap('x', async () => boom())],
  [
    'tapPromise that rejects',
    (hook: { tapPromise(name: string, fn: () => Promise<void>): void }) => hook.tapPromise('x', async () => boom()),
  ],
  ['tapPromise that throws', (hook: { tapPromise(name: string, fn: () => never): void }) => hook.tapPromise('x', boom)],
  [
    'tapAsync that calls back with an error',
    (hook: { tapAsync(name: string, fn: (...args: unknown[]) => void): void }) =>
      hook.tapAsync('x', (...args) => (args.at(-1) as (error: Error) => void)(new Error('boom'))),
  ],
  ['tapAsync that throws', (hook: { tapAsync(name: string, fn: () => never): void }) => hook.tapAsync('x', boom)],
] as never;

interface Settle {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

function withResolvers(): Settle & { promise: Promise<unknown> } {
  let settle: Settle | undefined;
  const promise = new Promise((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...(settle as unknown as Settle) };
}

describe('hooks', () => {
  it('given the hook table, when it is read, then the public names and kinds are as promised, and frozen', () => {
    expect(HOOK_KINDS).toMatchObject({
      beforeStep: 'bail',
      onFailure: 'settle-all',
      afterRollback: 'settle-all',
      beforeRollback: 'settle-all',
      decide: 'bail',
      config: 'waterfall',
      event: 'sync',
    });
    expect(Object.isFrozen(createHooks())).toBe(true);
    expect(Object.isFrozen(pluginHooks(createHooks(), 'p').beforeStep)).toBe(true);
    // A plugin may tap all there are.
    expect(Object.keys(pluginHooks(createHooks(), 'p'))).toEqual(Object.keys(HOOK_KINDS));
  });

  it.each(WAYS)(
    'given %s in a settle-all hook, when it is called, then the next tap runs, and the error names plugin and hook',
    async (_, tap) => {
      const { hooks, told } = guarded();
      const seen: string[] = [];
      tap(pluginHooks(hooks, 'bad').onFailure as never);
      pluginHooks(hooks, 'good').onFailure.tap('x', () => void seen.push('good'));
      await hooks.onFailure.promise({} as never, {} as never, {} as never);
      expect(seen).toEqual(['good']);
      expect(told).toMatchObject([{ code: 'SHIP_HOOK_FAILED', source: 'bad/onFailure', message: 'bad/onFailure failed: boom' }]);
    },
  );

  it.each(WAYS)(
    'given %s in a bail hook, when it is called, then the hook ends with an error that names plugin and hook',
    async (_, tap) => {
      const { hooks } = guarded();
      tap(pluginHooks(hooks, 'bad').beforeStep as never);
      await expect(hooks.beforeStep.promise({} as never, {} as never)).rejects.toMatchObject({
        source: 'bad/beforeStep',
        message: 'bad/beforeStep failed: boom',
      });
    },
  );

  it('given an async function under `tap`, when it answers, then its answer counts', async () => {
    const { hooks } = guarded();
    pluginHooks(hooks, 'p').beforeStep.tap('x', (async () => ({ skip: 'later' })) as never);
    pluginHooks(hooks, 'p').config.tap('x', (async (config: Config) => ({ ...config, project: 'other' })) as never);
    expect(await hooks.beforeStep.promise({} as never, {} as never)).toEqual({ skip: 'later' });
    expect(await hooks.config.promise({ project: 'one' } as never)).toEqual({ project: 'other' });
  });

  it.each([
    ['tapPromise', (hook: Hooks['onFailure']) => hook.tapPromise('x', () => new Promise(() => {}))],
    ['tapAsync', (hook: Hooks['onFailure']) => hook.tapAsync('x', () => {})],
    ['tap', (hook: Hooks['onFailure']) => hook.tap('x', () => new Promise<void>(() => {}) as never)],
  ])('given a %s that never settles, when the deadline passes, then the next runs, and SHIP_HOOK_TIMEOUT names it', async (_, tap) => {
    const { hooks, told } = guarded();
    const seen: string[] = [];
    tap(pluginHooks(hooks, 'slow').onFailure as never);
    pluginHooks(hooks, 'good').onFailure.tap('x', () => void seen.push('good'));
    await hooks.onFailure.promise({} as never, {} as never, {} as never);
    expect(seen).toEqual(['good']);
    expect(told).toMatchObject([{ code: 'SHIP_HOOK_TIMEOUT', source: 'slow/onFailure' }]);
  });

  it.each([
    ['answers', (settle: Settle) => settle.resolve({ skip: 'late' })],
    ['throws', (settle: Settle) => settle.reject(new Error('late'))],
  ])('given a tap whose deadline has passed, when it %s after all, then nothing is called twice or told twice', async (_, settle) => {
    const { hooks, told } = guarded();
    const slow = withResolvers();
    const seen: string[] = [];
    pluginHooks(hooks, 'slow').onFailure.tapPromise('x', () => slow.promise as Promise<void>);
    pluginHooks(hooks, 'good').onFailure.tapPromise('x', async () => {
      seen.push('good');
      settle(slow);
      await new Promise((resolve) => setTimeout(resolve, 5));
    });
    pluginHooks(hooks, 'last').onFailure.tap('x', () => void seen.push('last'));
    await hooks.onFailure.promise({} as never, {} as never, {} as never);
    expect(seen).toEqual(['good', 'last']);
    expect(told).toMatchObject([{ code: 'SHIP_HOOK_TIMEOUT', source: 'slow/onFailure' }]);
  });

  it('given a tap of a bail hook that never settles, when the deadline passes, then the hook ends with SHIP_HOOK_TIMEOUT', async () => {
    const { hooks } = guarded();
    pluginHooks(hooks, 'slow').beforeStep.tapPromise('x', () => new Promise(() => {}));
    await expect(hooks.beforeStep.promise({} as never, {} as never)).rejects.toMatchObject({
      code: 'SHIP_HOOK_TIMEOUT',
      source: 'slow/beforeStep',
    });
  });

  it('given a tap that calls a hook of its own, when both take long in turn, then each has its own deadline', async () => {
    const { hooks, told } = guarded();
    const seen: string[] = [];
    pluginHooks(hooks, 'inner').beforeRun.tapPromise('x', () => new Promise(() => {}));
    pluginHooks(hooks, 'outer').onFailure.tapPromise('x', async () => {
      await hooks.beforeRun.promise({} as never).catch((error) => seen.push(error.source));
    });
    await hooks.onFailure.promise({} as never, {} as never, {} as never);
    await expect
      .poll(() => [...seen, ...told.map((error) => (error as { source?: string }).source)].sort())
      .toEqual(['inner/beforeRun', 'outer/onFailure']);
  });

  it('given a tap that throws, when it has thrown, then no timer is left behind', async () => {
    const { hooks } = guarded();
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    pluginHooks(hooks, 'bad').onFailure.tapPromise('x', boom as never);
    await hooks.onFailure.promise({} as never, {} as never, {} as never);
    expect(timers()).toBe(before);
  });

  it.each([
    ['stuck-tap', 'a tap that never settles, when nothing else holds the process, then it lives until the deadline', 'SHIP_HOOK_TIMEOUT'],
    ['idle-hooks', 'a call that the process stayed for, when it has ended, then nothing holds the process any more', 'ended'],
  ])('%s: given %s', (fixture, _, printed) => {
    const file = fileURLToPath(new URL(`fixtures/${fixture}.mjs`, import.meta.url));
    expect(execFileSync(process.execPath, [file], { encoding: 'utf8', timeout: 10_000 })).toBe(printed);
  });

  it('given calls side by side, when they end out of order, then each that is left is given up once, and no other', async () => {
    const { hooks, told } = guarded();
    const settles: Settle[] = [];
    pluginHooks(hooks, 'p').onFailure.tapPromise('x', () => {
      const { promise, ...settle } = withResolvers();
      settles.push(settle);
      return promise as Promise<void>;
    });
    const calls = [0, 1, 2, 3].map(() => hooks.onFailure.promise({} as never, {} as never, {} as never));
    settles[0]?.resolve(undefined);
    settles[2]?.resolve(undefined);
    await Promise.all(calls);
    // One that were still watched would be given up again.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(told).toMatchObject([{ code: 'SHIP_HOOK_TIMEOUT' }, { code: 'SHIP_HOOK_TIMEOUT' }]);
  });

  it("given a promise whose own `then` calls back twice, when it is a tap's answer, then the taps after it still wait for each other", async () => {
    const { hooks } = guarded();
    const seen: string[] = [];
    const twice = Object.assign(Promise.resolve(), {
      // biome-ignore lint/suspicious/noThenProperty: that is what it is about
      then(resolve: () => void) {
        resolve();
        resolve();
      },
    });
    pluginHooks(hooks, 'bad').onFailure.tapPromise('x', () => twice as unknown as Promise<void>);
    for (const name of ['one', 'two'])
      pluginHooks(hooks, name).onFailure.tapPromise('x', async () => {
        seen.push(`${name} begins`);
        await new Promise((resolve) => setTimeout(resolve, 1));
        seen.push(`${name} ends`);
      });
    await hooks.onFailure.promise({} as never, {} as never, {} as never);
    expect(seen).toEqual(['one begins', 'one ends', 'two begins', 'two ends']);
  });

  it.each([
    ['throws', boom],
    ['rejects', async () => boom()],
  ])('given an `event` tap that %s, when things happen, then the next tap sees them', async (_, fn) => {
    const { hooks, told } = guarded();
    const seen: string[] = [];
    pluginHooks(hooks, 'bad').event.tap('x', fn);
    pluginHooks(hooks, 'good').event.tap('x', ({ type }) => void seen.push(type));
    hooks.event.call({ type: 'snapshot-saved', id: 'i', version: 'v' });
    await expect.poll(() => told.length).toBe(1);
    expect(told).toMatchObject([{ source: 'bad/event' }]);
    expect(seen).toEqual(['snapshot-saved']);
  });

  it('given an error with a code, when a tap throws it, then it keeps its code and gains its source', async () => {
    const { hooks } = guarded();
    const own = Object.assign(new Error('frozen'), { name: 'ShipError', code: 'SHIP_FREEZE' });
    pluginHooks(hooks, 'freeze').beforeRun.tap('x', () => {
      throw own;
    });
    await expect(hooks.beforeRun.promise({} as never)).rejects.toBe(own);
    expect(own).toMatchObject({ code: 'SHIP_FREEZE', source: 'freeze/beforeRun' });
  });
});

describe('hooks in a run', () => {
  it('given taps that throw in onFailure, afterStep, beforeRollback, afterRollback and afterRun, when a step fails, then the run is taken back all the same, and each is named', async () => {
    const log: string[] = [];
    const names = ['onFailure', 'afterStep', 'beforeRollback', 'afterRollback', 'afterRun'] as const;
    const bad = plugin('bad', (ship) => {
      for (const name of names) (ship.hooks[name].tap as (name: string, fn: () => never) => void)('x', boom);
    });
    const { run } = await rollingBack({
      plugins: [actions(recording(log)), bad],
      config: steps('id: a, uses: t/ok', 'id: b, uses: t/fail'),
    });
    const report = await run();
    expect(report).toMatchObject({ status: 'rolled_back', exit_code: 1 });
    expect(report.errors.map(({ source }) => source).sort()).toEqual(names.map((name) => `bad/${name}`).sort());
    expect(log.at(-1)).toBe('undo a');
  });

  it('given an `event` tap that always throws, when a run makes many events, then it is told once', async () => {
    const { run } = await harness({
      plugins: [actions(recording([])), plugin('bad', (ship) => ship.hooks.event.tap('x', boom))],
      config: steps('id: a, uses: t/ok', 'id: b, uses: t/ok'),
    });
    expect(await run()).toMatchObject({ exit_code: 0, errors: [{ source: 'bad/event' }] });
    expect((await run()).errors).toHaveLength(1);
  });

  it('given a `config` tap, when the kernel opens, then the run uses what it answers, and it is frozen', async () => {
    const one = plugin('one', (ship) => ship.hooks.config.tap('x', (config) => ({ ...config, max_parallel: 7 })));
    const two = plugin('two', (ship) =>
      ship.hooks.config.tap('x', (config) => ({ ...config, project: `${config.project}-${config.max_parallel}` })),
    );
    const { kernel } = await harness({ plugins: [one, two], config: '' });
    expect(kernel.config).toMatchObject({ project: 'test-7', max_parallel: 7 });
    expect(Object.isFrozen(kernel.config)).toBe(true);
  });

  it('given taps of `plan`, when it is made, then their findings stand in the report, and a veto refuses the run', async () => {
    const log: string[] = [];
    const finding = { level: 'warn' as const, rule: 'r', message: 'mind the gap' };
    const warns = plugin('w', (ship) => ship.hooks.plan.tap('x', ({ finding: add }) => add(finding)));
    const { run } = await harness({ plugins: [actions(recording(log)), warns], config: steps('id: a, uses: t/ok') });
    expect(await run()).toMatchObject({ exit_code: 0, warnings: ['mind the gap'] });
    const vetoing = await harness({
      plugins: [actions(recording(log)), plugin('v', (ship) => ship.hooks.plan.tap('x', boom))],
      config: steps('id: a, uses: t/ok'),
    });
    await expect(vetoing.run()).rejects.toMatchObject({ source: 'v/plan' });
    expect(log).toEqual(['run a']);
  });

  it('given a veto in beforeRun, when ship runs, then nothing acts, and its own exit status counts', async () => {
    const log: string[] = [];
    const frozen = Object.assign(new Error('frozen'), { name: 'ShipError', code: 'SHIP_FREEZE', exitCode: 6 });
    const { run } = await harness({
      plugins: [
        actions(recording(log)),
        plugin('freeze', (ship) =>
          ship.hooks.beforeRun.tap('x', () => {
            throw frozen;
          }),
        ),
      ],
      config: steps('id: a, uses: t/ok'),
    });
    expect(await run()).toMatchObject({
      status: 'refused',
      exit_code: 6,
      errors: [{ code: 'SHIP_FREEZE', source: 'freeze/beforeRun' }],
      snapshot: null,
    });
    expect(log).toEqual([]);
  });

  it('given the public hooks, when a run fails, then each is called in its order with its subject', async () => {
    const seen: string[] = [];
    const witness = plugin('w', ({ hooks }) => {
      hooks.beforeRun.tap('w', (run) => void seen.push(`beforeRun ${run.environment}`));
      hooks.beforeStep.tap('w', (step) => void seen.push(`beforeStep ${step.id}`));
      hooks.afterStep.tapAsync('w', (step, _run, done) => {
        seen.push(`afterStep ${step.status}`);
        done();
      });
      hooks.onFailure.tapPromise('w', async (failure) => void seen.push(`onFailure ${failure.step}`));
      hooks.beforeRollback.tap('w', (request) => void seen.push(`beforeRollback ${request.scope}`));
      hooks.afterRollback.tap('w', (report) => void seen.push(`afterRollback ${report.remaining.length}`));
      hooks.afterRun.tap('w', (outcome) => void seen.push(`afterRun ${outcome.status}`));
    });
    const { run } = await rollingBack({ plugins: [actions(recording([])), witness], config: steps('id: a, uses: t/fail') });
    await run();
    expect(seen).toEqual([
      'beforeRun default',
      'beforeStep a',
      'afterStep failed',
      'onFailure a',
      'beforeRollback full',
      'afterRollback 0',
      'afterRun rolled_back',
    ]);
  });
});
