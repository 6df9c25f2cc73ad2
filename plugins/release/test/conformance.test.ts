import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type RouterWorld, testDriver, testRouter } from '@ship/testing';
import { expect, onTestFinished } from 'vitest';
import { ask } from '../../../test/support/client.js';
import { releaseDriver } from '../src/driver/driver.js';
import { frontRouter } from '../src/router.js';
import { makeWorld, type World } from './support/world.js';

const driver = releaseDriver();

/** A world that ends with the test, and leaves no process behind. */
async function open(): Promise<World> {
  const world = await makeWorld();
  onTestFinished(async () => expect(await world.end()).toEqual([]));
  return world;
}

async function serving(port: number): Promise<string | undefined> {
  const { status, body } = await ask(port);
  return status === 200 ? body : undefined;
}

testDriver('release', {
  driver,
  async open() {
    const world = await open();
    const failing = { health: { http: '/healthz', timeout: '700ms', interval: '50ms' } };
    return {
      ctx: world.ctx,
      component: (version) => world.at(version),
      reconfigured: (version) => world.at(version, {}, { MORE: 'yes' }),
      broken: (version) => world.at(version, failing, { MODE: 'sick' }),
      serving: () => serving(world.port),
      lose: ({ driver: { release, root } }) => rmSync(join(root, 'releases', release, 'app'), { recursive: true }),
    };
  },
  invalid: [
    {},
    { path: 'app' },
    { path: 'app', run: 'x', port: 0 },
    { path: 'app', run: 'x', host: 'h' },
    { path: 'app', run: 'x', keep: 1 },
  ],
});

testRouter('front', async (): Promise<RouterWorld> => {
  const world = await open();
  const settings = { standby: true };
  const first = await driver.deploy(world.ctx, world.at('v1', settings), undefined);
  await driver.deploy(world.ctx, world.at('v2', settings), first);
  return {
    router: frontRouter,
    ctx: world.ctx,
    component: world.at('v2', settings),
    versions: ['v1', 'v2'],
    absent: 'v9',
    ask: async () => (await ask(world.port)).body,
  };
});
