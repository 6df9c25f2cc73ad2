import { JsonSchemaChecker } from '@ship/config';
import type { ComponentConfig, ComponentState, Context, Driver, Json, JsonObject } from '@ship/core';
import { expect, onTestFinished } from 'vitest';
import { journalled, type Promises, testPromises } from './suite.js';

/** A world in which nothing was ever deployed. */
export interface DriverWorld<State extends Json> {
  /** What the driver is given; {@link testContext} makes one. */
  readonly ctx: Context;
  /** The component at a version, with the same settings each time. */
  component(version: string): ComponentConfig;
  /** The same with other settings. */
  reconfigured(version: string): ComponentConfig;
  /** One whose deployment fails: it does not start, or never becomes healthy. */
  broken?(version: string): ComponentConfig;
  /** The version that answers clients; undefined where none does. */
  serving?(): Promise<string | undefined>;
  /** Takes away what `restore` would need for a state, such as its image. */
  lose?(state: ComponentState<State>): Promise<void> | void;
}

/** What the suite needs to know about a driver. */
export interface DriverUnderTest<State extends Json> {
  /** The driver. */
  readonly driver: Driver<State>;
  /** Makes a world, for each test a new one; `onTestFinished` of vitest removes it. */
  open(): Promise<DriverWorld<State>> | DriverWorld<State>;
  /** Two versions that can be deployed. Default `v1` and `v2`. */
  readonly versions?: readonly [string, string];
  /** Settings that the schema must refuse. */
  readonly invalid?: readonly JsonObject[];
}

/**
 * The promises of a driver: it describes what it deployed, restores exactly what it described, twice as well as once,
 * removes what it brought where nothing was before, and says beforehand what cannot be restored.
 */
export function testDriver<State extends Json>(name: string, test: DriverUnderTest<State>): void {
  testPromises(`driver ${name}`, driverPromises(test));
}

/** The promises by themselves, for tests of the suite. */
export function driverPromises<State extends Json>(test: DriverUnderTest<State>): Promises {
  const { driver, versions: [v1, v2] = ['v1', 'v2'] } = test;

  async function open() {
    const world = await test.open();
    const { ctx } = world;
    onTestFinished(async () => void (await driver.restore(ctx, world.component(v1), undefined).catch(() => {})));
    const describe = () => driver.describe(ctx, world.component(v2));
    return {
      world,
      describe,
      async deploy(component: ComponentConfig) {
        return journalled(await driver.deploy(ctx, component, journalled((await describe()) ?? null) ?? undefined));
      },
      /** The config is that of what is taken back. */
      restore: (state: ComponentState<State> | undefined, component = world.component(v2)) => driver.restore(ctx, component, state),
      probe: (before: ComponentState<State> | undefined) => driver.probe?.(ctx, world.component(v2), before),
      async isLive(state: ComponentState<State>) {
        // What restores it may bear another number by now, such as a revision.
        const { driver: _, objects: __, ...rest } = state;
        expect(await describe()).toMatchObject({ ...rest, healthy: true });
        if (world.serving) expect(await world.serving()).toBe(state.version);
      },
      async isNothing() {
        expect(await describe()).toBeUndefined();
        if (world.serving) expect(await world.serving()).toBeUndefined();
      },
    };
  }

  return {
    'given nothing was deployed, when it is described, previewed, probed and asked for targets, then there is nothing, and nothing comes':
      async () => {
        const { world, probe, isNothing } = await open();
        await isNothing();
        await driver.preview?.(world.ctx, world.component(v1));
        if (driver.targets) expect(await driver.targets(world.ctx, world.component(v1))).toEqual({});
        if (driver.probe) expect(await probe(undefined)).toBe('untouched');
        await isNothing();
      },

    'given a version, when it is deployed, then it is live and healthy, described as deployed, and survives the journal': async () => {
      const { world, describe, isLive } = await open();
      const deployed = await driver.deploy(world.ctx, world.component(v1), undefined);
      expect(deployed).toMatchObject({ version: v1, healthy: true });
      expect(await describe()).toEqual(deployed);
      expect(journalled(deployed)).toEqual(deployed);
      await isLive(deployed);
      if (!driver.targets) return;
      const targets = Object.values(await driver.targets(world.ctx, world.component(v1)));
      expect(targets.map(({ version }) => version)).toContain(v1);
    },

    'given a version that is live, when the next is previewed and what is live is probed, then nothing changes': async () => {
      const { world, deploy, probe, isLive } = await open();
      const first = await deploy(world.component(v1));
      await driver.preview?.(world.ctx, world.component(v2));
      await probe(first);
      await driver.admit?.(world.ctx, world.component(v2), first);
      await isLive(first);
    },

    'given the same settings, when they are deployed again, then config_hash is the same; given others, it differs': async () => {
      const { world, deploy, describe } = await open();
      const { config_hash } = await deploy(world.component(v1));
      expect(config_hash).not.toBe('');
      expect((await describe())?.config_hash).toBe(config_hash);
      expect((await deploy(world.component(v1))).config_hash).toBe(config_hash);
      expect((await deploy(world.reconfigured(v1))).config_hash).not.toBe(config_hash);
    },

    'given a version and the next, when the first is restored, then it is live, and so it is when it is restored again': async () => {
      const { world, deploy, restore, isLive } = await open();
      const first = await deploy(world.component(v1));
      await isLive(await deploy(world.component(v2)));
      for (const _ of ['once', 'twice']) {
        await restore(first);
        await isLive(first);
      }
    },

    'given other settings of a version, when those before are restored, then its config is as before': async () => {
      const { world, deploy, restore, isLive } = await open();
      const first = await deploy(world.component(v1));
      await deploy(world.reconfigured(v1));
      await restore(first, world.reconfigured(v1));
      await isLive(first);
    },

    'given a version that is live, when it is restored though nothing came after it, then it stays': async () => {
      const { world, deploy, restore, isLive } = await open();
      const first = await deploy(world.component(v1));
      await restore(first);
      await isLive(first);
    },

    'given nothing was there before, when that is restored, then what was deployed is gone, and so it is when it is restored again':
      async () => {
        const { world, deploy, restore, isNothing } = await open();
        await restore(undefined);
        await isNothing();
        await deploy(world.component(v1));
        for (const _ of ['once', 'twice']) {
          await restore(undefined);
          await isNothing();
        }
      },

    'given a deployment that fails, when what was before is restored, then that is live, or nothing': async ({ skip }) => {
      const { world, deploy, restore, isLive, isNothing } = await open();
      if (world.broken === undefined) return skip('no component is given whose deployment fails');
      await expect(deploy(world.broken(v1))).rejects.toThrow();
      await restore(undefined);
      await isNothing();
      const first = await deploy(world.component(v1));
      await expect(deploy(world.broken(v2))).rejects.toThrow();
      await restore(first);
      await isLive(first);
    },

    'given a deployment, when it is probed before and after it, and after it was restored, then it is untouched, done, untouched': async ({
      skip,
    }) => {
      if (driver.probe === undefined) return skip('the driver has no probe');
      const { world, deploy, restore, probe } = await open();
      const first = await deploy(world.component(v1));
      expect(await probe(first)).toBe('untouched');
      await deploy(world.component(v2));
      expect(await probe(first)).toBe('done');
      await restore(first);
      expect(await probe(first)).toBe('untouched');
    },

    'given a state, when it is admitted, then nothing blocks it; once what it needs is gone, it is blocked, and what is live stays':
      async ({ skip }) => {
        if (driver.admit === undefined) return skip('the driver has no admit');
        const { world, deploy, isLive } = await open();
        const first = await deploy(world.component(v1));
        const second = await deploy(world.component(v2));
        const blocks = async () => (await driver.admit!(world.ctx, world.component(v2), first)).filter(({ level }) => level === 'block');
        expect(await blocks()).toEqual([]);
        if (world.lose) {
          await world.lose(first);
          expect(await blocks()).not.toEqual([]);
        }
        await isLive(second);
      },

    'given the settings of the tests, when they are checked, then the schema takes them, and refuses those that are wrong': async () => {
      const { world } = await open();
      const checker = new JsonSchemaChecker();
      expect(await checker.check(driver.settings, world.component(v1).settings)).toEqual([]);
      for (const settings of test.invalid ?? [])
        expect(await checker.check(driver.settings, settings), JSON.stringify(settings)).not.toEqual([]);
    },
  };
}
