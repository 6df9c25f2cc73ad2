import { type AnyAction, type ComponentConfig, definePlugin, type Json, type JsonObject, type Plugin, type StepContext } from '@ship/core';
import { expect } from 'vitest';
import { testContext } from './context.js';
import { harness } from './harness.js';
import { journalled, type Promises, testPromises } from './suite.js';
import { temporaryFolder } from './temporary.js';

/** What the suite needs to know about an action. */
export interface ActionUnderTest<State> {
  /** The plugin that brings the action. */
  // biome-ignore lint/suspicious/noExplicitAny: plugins have options of their own
  readonly plugin: Plugin<any>;
  /** The options of the plugin in `plugins:`. */
  readonly options?: JsonObject;
  /** `plugin/action`. */
  readonly uses: string;
  /** More of ship.yaml, such as `components:`. */
  readonly config?: string;
  /** The name of the component that the step is about, one of `config`. */
  readonly component?: string;
  /** An input with which `run` changes the world in `folder`, which is that of the config. */
  input(folder: string): JsonObject;
  /** Inputs that the schema must refuse. */
  readonly invalid?: readonly JsonObject[];
  /** Prepares the world. */
  prepare?(folder: string): Promise<void> | void;
  /** Leaves the world as a run does that throws, or is killed, in its middle. */
  half?(folder: string): Promise<void> | void;
  /** Reads the world, to be compared. */
  observe(folder: string): Promise<State> | State;
}

/**
 * The promises of an action: only `run` and `restore` change anything, what `capture` answers survives the journal, a run
 * that fails later, in its middle, or never began leaves the world as before, and restoring twice is restoring once.
 */
export function testAction<State>(name: string, test: ActionUnderTest<State>): void {
  testPromises(`action ${name}`, actionPromises(test));
}

/** The promises by themselves, for tests of the suite. */
export function actionPromises<State>(test: ActionUnderTest<State>): Promises {
  const { half, invalid = [] } = test;
  const refused = invalid.map((input) => [
    `given the input ${JSON.stringify(input)}, when it is planned, then it is refused, and nothing has changed`,
    async () => {
      const world = await prepared(test);
      await expect(open(test, { world, input }).then(({ run }) => run())).rejects.toMatchObject({ exitCode: 2 });
      await world.isAsBefore();
    },
  ]);
  return {
    'given the input, when it runs, then it succeeds, and changes what is observed': async () => {
      const { folder, run, before } = await open(test);
      expect(await run()).toMatchObject({ status: 'succeeded' });
      expect(await test.observe(folder), 'the suite shows nothing where a run changes nothing').not.toEqual(before);
    },

    'given a world, when it is previewed, captured, probed and admitted, then nothing changes': async () => {
      const { action, ctx, input, capture, isAsBefore } = await open(test);
      await action.preview?.(ctx, input);
      const captured = await capture();
      await action.probe?.(ctx, input, captured);
      await action.admit?.(ctx, captured, undefined, input);
      await isAsBefore();
    },

    'given what was captured, when it is written and read, then it is the same': async ({ skip }) => {
      const { action, ctx, input } = await open(test);
      if (action.capture === undefined) return skip('the action captures nothing');
      const captured: unknown = (await action.capture(ctx, input)) ?? null;
      expect(journalled(captured)).toEqual(captured);
    },

    'given a run that fails later, when it is rolled back, then the step is undone, and the world is as before': async () => {
      const { run, isAsBefore } = await open(test, { fails: true });
      const report = await run();
      expect(report).toMatchObject({ status: 'rolled_back', steps: [{ status: 'undone' }, { status: 'failed' }] });
      await isAsBefore();
    },

    'given a step that ran, when it is restored twice, then the world is as before, each time': async ({ skip }) => {
      const { action, ctx, input, capture, isAsBefore } = await open(test);
      if (action.restore === undefined) return skip('the action has no restore');
      const captured = await capture();
      const result = journalled(await action.run(ctx, input, captured));
      for (const _ of ['once', 'twice']) {
        await action.restore(ctx, captured, result, input);
        await isAsBefore();
      }
    },

    'given a step that ran, and whose end nobody wrote down, when it is restored, then the world is as before': async ({ skip }) => {
      const { action, ctx, input, capture, isAsBefore } = await open(test);
      if (action.restore === undefined) return skip('the action has no restore');
      const captured = await capture();
      await action.run(ctx, input, captured);
      await action.restore(ctx, captured, undefined, input);
      await isAsBefore();
    },

    'given a run that never began, when it is restored, then nothing changes': async ({ skip }) => {
      const { action, ctx, input, capture, isAsBefore } = await open(test);
      if (action.restore === undefined) return skip('the action has no restore');
      await action.restore(ctx, await capture(), undefined, input);
      await isAsBefore();
    },

    ...(half && {
      'given a run that fails in its middle, when it is rolled back, then the world is as before': async () => {
        const { run, isAsBefore } = await open(test, { half });
        expect(await run()).toMatchObject({ status: 'rolled_back' });
        await isAsBefore();
      },

      'given a run that was killed in its middle, when it is probed, then it is not untouched': async ({ skip }) => {
        const { action, ctx, input, capture, folder } = await open(test);
        if (action.probe === undefined) return skip('the action has no probe');
        const captured = await capture();
        await half(folder);
        expect(await action.probe(ctx, input, captured)).not.toBe('untouched');
      },
    }),

    'given a step, when it is probed before and after it ran, and after it was restored, then it is untouched, done, untouched': async ({
      skip,
    }) => {
      const { action, ctx, input, capture } = await open(test);
      if (action.probe === undefined) return skip('the action has no probe');
      const captured = await capture();
      expect(await action.probe(ctx, input, captured)).toBe('untouched');
      const result = journalled(await action.run(ctx, input, captured));
      expect(await action.probe(ctx, input, captured)).toBe('done');
      await action.restore?.(ctx, captured, result, input);
      if (action.restore) expect(await action.probe(ctx, input, captured)).toBe('untouched');
    },

    'given a step that ran, when its way back is admitted, then nothing blocks it, and nothing changes': async ({ skip }) => {
      const { action, ctx, input, capture, folder } = await open(test);
      if (action.admit === undefined) return skip('the action has no admit');
      const captured = await capture();
      const result = journalled(await action.run(ctx, input, captured));
      const after = await test.observe(folder);
      const findings = await action.admit(ctx, captured, result, input);
      expect(findings.filter(({ level }) => level === 'block')).toEqual([]);
      expect(await test.observe(folder)).toEqual(after);
    },

    ...Object.fromEntries(refused),
  };
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

/** A folder with the world of the test in it, and how that is. */
async function prepared<State>(test: ActionUnderTest<State>) {
  const folder = temporaryFolder();
  await test.prepare?.(folder);
  const before = await test.observe(folder);
  return { folder, before, isAsBefore: async () => expect(await test.observe(folder)).toEqual(before) };
}

interface Opening<State> {
  /** Absent: a new one. */
  readonly world?: Awaited<ReturnType<typeof prepared<State>>>;
  /** In place of the usual one. */
  readonly input?: JsonObject;
  /** A second step fails. */
  readonly fails?: boolean;
  /** What `run` does in place of its own work, before it throws. */
  readonly half?: (folder: string) => Promise<void> | void;
}

/** A kernel over a world, and the action with all that it is given. */
async function open<State>(test: ActionUnderTest<State>, opening: Opening<State> = {}) {
  const { plugin, options, uses, component } = test;
  const { half } = opening;
  const world = opening.world ?? (await prepared(test));
  const { folder } = world;
  const input = opening.input ?? test.input(folder);
  const act = { id: 'act', uses, with: input, ...(component === undefined ? {} : { component }) };
  const steps = [act, ...(opening.fails ? [{ id: 'fail', uses: 'failing/now' }] : [])];
  const opened = await harness({
    folder,
    config: `optimization: { rollback: { enabled: true } }\nsteps: ${JSON.stringify(steps)}\n${test.config ?? ''}`,
    plugins: [half ? throwingIn(plugin, uses, half) : plugin, failing],
    ...(options ? { options: { [plugin.name]: options } } : {}),
    flags: { auto_rollback: true },
    env: { PATH: process.env.PATH },
  });
  const { kernel } = opened;
  const action = kernel.registry.actions.get(uses) as AnyAction;
  const about: ComponentConfig | undefined = component === undefined ? undefined : kernel.config.components[component];
  const ctx: StepContext = testContext({
    dir: folder,
    stateDir: kernel.stateDir,
    step: { id: 'act', uses, attempt: 1 },
    ...(about ? { component: about } : {}),
  });
  return {
    ...opened,
    ...world,
    action,
    ctx,
    input,
    capture: async (): Promise<Json> => journalled((await action.capture?.(ctx, input)) ?? null),
  };
}

/** The plugin, with an action that stops in its middle. */
function throwingIn(plugin: ActionUnderTest<unknown>['plugin'], uses: string, half: NonNullable<Opening<unknown>['half']>): typeof plugin {
  return {
    ...plugin,
    apply(ship, options) {
      const action: typeof ship.action = (name, whole) => {
        const run: AnyAction['run'] = async (ctx) => {
          await half(ctx.dir);
          throw new Error('fails in its middle on purpose');
        };
        ship.action(name, `${plugin.name}/${name}` === uses ? { ...whole, run } : whole);
      };
      return plugin.apply(Object.freeze({ ...ship, action }), options);
    },
  };
}
