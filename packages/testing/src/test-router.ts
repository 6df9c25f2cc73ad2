import type { ComponentConfig, Context, Router, Weights } from '@ship/core';
import { expect } from 'vitest';
import { type Promises, testPromises } from './suite.js';

/** A world in which two versions of a component run. */
export interface RouterWorld {
  /** The router. */
  readonly router: Router;
  /** What it is given: its `targetsOf` answers both versions, where the router asks. */
  readonly ctx: Context;
  /** The component that it stands before. */
  readonly component: ComponentConfig;
  /** The versions that run. */
  readonly versions: readonly [string, string];
  /** One that runs nowhere; absent where the router cannot know. */
  readonly absent?: string;
  /** Asks as a client does: the version that answers. */
  ask?(): Promise<string>;
}

/** The promises of a router: weights are in force when `shift` resolves, and are as before where it rejects. */
export function testRouter(name: string, open: () => Promise<RouterWorld> | RouterWorld): void {
  testPromises(`router ${name}`, routerPromises(open));
}

/** The promises by themselves, for tests of the suite. */
export function routerPromises(open: () => Promise<RouterWorld> | RouterWorld): Promises {
  const shares = (weights: Weights) => Object.fromEntries(Object.entries(weights).filter(([, share]) => share > 0));

  async function opened() {
    const world = await open();
    const { router, ctx, component } = world;
    return {
      ...world,
      shift: (weights: Weights) => router.shift(ctx, component, weights),
      read: async () => shares(await router.weights(ctx, component)),
    };
  }

  return {
    'given two versions, when weights are shifted to and fro, also twice, then they are in force, and read back': async () => {
      const { shift, read, ask, versions } = await opened();
      const [one, two] = versions;
      for (const weights of [{ [one]: 100 }, { [one]: 75, [two]: 25 }, { [one]: 50, [two]: 50 }, { [two]: 100 }, { [two]: 100 }]) {
        await shift(weights);
        expect(await read()).toEqual(weights);
      }
      if (ask) for (let times = 0; times < 5; times += 1) expect(await ask()).toBe(two);
      await shift({ [one]: 100, [two]: 0 });
      expect(await read()).toEqual({ [one]: 100 });
      if (ask) for (let times = 0; times < 5; times += 1) expect(await ask()).toBe(one);
    },

    'given weights that do not make 100, or are none, when they are shifted, then it rejects, and nothing changes': async () => {
      const { shift, read, versions } = await opened();
      const [one, two] = versions;
      await shift({ [one]: 100 });
      for (const weights of [{ [two]: 60 }, { [one]: 60, [two]: 60 }, { [one]: -100, [two]: 200 }, { [two]: Number.NaN }, {}]) {
        await expect(shift(weights), JSON.stringify(weights)).rejects.toThrow();
        expect(await read()).toEqual({ [one]: 100 });
      }
    },

    'given versions that run, when they are asked for, then they are healthy; asked for one that does not, then it is not, and gets nothing':
      async () => {
        const { router, ctx, component, versions, absent, shift, read } = await opened();
        for (const version of versions) expect(await router.healthy(ctx, component, version)).toBe(true);
        if (absent === undefined) return;
        await shift({ [versions[0]]: 100 });
        expect(await router.healthy(ctx, component, absent)).toBe(false);
        await expect(shift({ [absent]: 100 })).rejects.toThrow();
        await expect(shift({ [versions[0]]: 50, [absent]: 50 })).rejects.toThrow();
        expect(await read()).toEqual({ [versions[0]]: 100 });
      },
  };
}
