import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandContext, JsonObject } from '@ship/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask } from '../../../test/support/client.js';
import { releaseCommand } from '../src/command.js';
import { releaseDriver } from '../src/driver/driver.js';
import { makeWorld, processesUnder, type World } from './support/world.js';

let world: World;
let lines: string[];

beforeEach(async () => {
  world = await makeWorld();
  lines = [];
});

afterEach(async () => {
  expect(await world.end()).toEqual([]);
});

const run = (...args: string[]) => {
  const ctx: CommandContext = { ...world.ctx, components: { web: world.at('v1') }, print: (line) => void lines.push(line) };
  return releaseCommand.run(ctx, args) as Promise<JsonObject>;
};

test('shows, stops, starts and removes', async () => {
  // Given a release
  const { driver } = await releaseDriver().deploy(world.ctx, world.at('v1'), undefined);

  // Then status tells of it
  expect(await run('status')).toMatchObject({ web: [{ release: driver.release, version: 'v1', live: true, restarts: 0 }] });
  expect(lines[1]).toMatch(/^release +version +live +pid +port +restarts +created$/);
  expect(await run('logs', 'web')).toMatchObject({ web: { lines: ['service v1 starts'] } });

  // When it is stopped and started
  await run('stop', 'web');
  expect(processesUnder(world.dir)).toEqual([]);
  expect(await releaseDriver().describe(world.ctx, world.at('v1'))).toMatchObject({ version: 'v1', healthy: false });
  await run('start', 'web');
  expect((await ask(world.port)).body).toBe('v1');

  // When it is removed, nothing is left
  expect(await run('remove', 'web')).toEqual({ web: { removed: true } });
  expect(existsSync(join(world.dir, '.speckit/releases/test/web'))).toBe(false);
  expect(await run('status')).toEqual({ web: [] });
});

test('names what it does not know', async () => {
  await expect(run('destroy')).rejects.toMatchObject({ code: 'SHIP_RELEASE_USAGE' });
  await expect(run('constructor')).rejects.toMatchObject({ code: 'SHIP_RELEASE_USAGE' });
  await expect(run('stop', 'wbe')).rejects.toMatchObject({ code: 'SHIP_RELEASE_COMPONENT_UNKNOWN', exitCode: 2 });
  await expect(run('start', 'web')).rejects.toMatchObject({ code: 'SHIP_RELEASE_MISSING' });
});
