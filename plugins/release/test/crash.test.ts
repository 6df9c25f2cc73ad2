import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ComponentState } from '@ship/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../../../test/support/client.js';
import { releaseDriver } from '../src/driver/driver.js';
import type { ReleaseState } from '../src/driver/live.js';
import { STAGES } from '../src/site.js';
import { killedAt } from './support/crash.js';
import { makeWorld, processesUnder, type World } from './support/world.js';

const driver = releaseDriver();
const FOUND: Readonly<Record<string, string>> = { copying: 'untouched', copied: 'untouched', stopped: 'done', pruned: 'done' };
const NEVER_AGAIN = ['front-intended', 'front-spawned'];

/** What runs, by role and release: `front`, `supervisor v1`, `service v1`. */
function running(world: World): string[] {
  const role = (text: string) => /(front|supervisor)\.js/.exec(text.split(' ').slice(0, 6).join(' '))?.[1] ?? 'service';
  return processesUnder(world.dir)
    .filter((text) => !text.includes('until cat'))
    .map(role)
    .sort();
}

describe('a second deployment is killed', () => {
  let world: World;
  let before: ComponentState<ReleaseState>;

  beforeAll(async () => {
    world = await makeWorld();
    before = await driver.deploy(world.ctx, world.at('v1'), undefined);
  });

  afterAll(async () => expect(await world.end()).toEqual([]));

  test.each(STAGES.filter((stage) => !NEVER_AGAIN.includes(stage)))('at %s: restore gives exactly the old state', async (stage) => {
    // Given v1 serves and the deployment of v2 dies
    expect(await killedAt(stage, 'deploy', world, world.at('v2'), before)).toBe(true);

    // When v1 is restored
    expect(await driver.probe?.(world.ctx, world.at('v2'), before)).toBe(FOUND[stage] ?? 'partial');
    await driver.restore(world.ctx, world.at('v2'), before);

    // Then v1 serves, is what is described, and nothing else runs
    expect((await ask(world.port)).body).toBe('v1');
    expect(await driver.describe(world.ctx, world.at('v2'))).toEqual(before);
    expect(running(world)).toEqual(['front', 'service', 'supervisor']);
    expect(await driver.restore(world.ctx, world.at('v2'), before)).toMatchObject({ changed: false });
    expect(readdirSync(join(before.driver.root, 'releases')).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test.each(['intended', 'spawned', 'claimed', 'healthy', 'switched', 'current', 'drained', 'stopped'])(
    'a restore is killed at %s: the next one finishes',
    async (stage) => {
      await driver.deploy(world.ctx, world.at('v2'), before);
      expect(await killedAt(stage, 'restore', world, world.at('v2'), before)).toBe(true);
      await driver.restore(world.ctx, world.at('v2'), before);
      expect((await ask(world.port)).body).toBe('v1');
      expect(running(world)).toEqual(['front', 'service', 'supervisor']);
    },
  );
});

describe('the first deployment is killed', () => {
  test.each(STAGES)('at %s: restoring nothing leaves nothing', async (stage) => {
    const world = await makeWorld();
    expect(await killedAt(stage, 'deploy', world, world.at('v1'))).toBe(true);
    await driver.restore(world.ctx, world.at('v1'), undefined);
    expect(processesUnder(world.dir)).toEqual([]);
    expect((await ask(world.port)).status).toBe(0);
    expect(await world.end()).toEqual([]);
  });
});
