import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ShipError } from '@ship/core';
import { expect, test } from 'vitest';
import { ask } from '../../../test/support/client.js';
import { releaseDriver } from '../src/driver/driver.js';
import { processesUnder, type World, workerOf, worldForEachTest } from './support/world.js';

const driver = releaseDriver();
let world: World;

worldForEachTest((made) => {
  world = made;
});

const root = () => join(world.dir, '.speckit/releases/test/web');
const served = async () => (await ask(world.port)).body;

test('deploys, redeploys, restores, restores again, and takes everything away', async () => {
  const { ctx } = world;
  // Given nothing was deployed
  expect(await driver.describe(ctx, world.at('v1'))).toBeUndefined();
  expect(await driver.preview?.(ctx, world.at('v1'))).toEqual([{ kind: 'create', what: `web v1 behind 127.0.0.1:${world.port}` }]);

  // When v1 and then v2 are deployed
  const first = await driver.deploy(ctx, world.at('v1'), undefined);
  expect(first).toMatchObject({ version: 'v1', healthy: true, driver: { root: root() } });
  expect(await served()).toBe('v1');
  expect(await driver.probe?.(ctx, world.at('v2'), first)).toBe('untouched');
  expect(await driver.preview?.(ctx, world.at('v2'))).toMatchObject([{ kind: 'update', what: expect.stringContaining('web v1 -> v2') }]);
  const second = await driver.deploy(ctx, world.at('v2'), first);

  // Then v2 serves, v1 ended, and what is described is what was deployed
  expect(await served()).toBe('v2');
  expect(await driver.describe(ctx, world.at('v2'))).toEqual(second);
  expect(second.config_hash).not.toBe(first.config_hash);
  expect(await driver.probe?.(ctx, world.at('v2'), first)).toBe('done');
  expect(readdirSync(join(root(), 'processes')).filter((name) => name.startsWith('2'))).toHaveLength(2);

  // When v1 is restored, twice
  expect(await driver.admit?.(ctx, world.at('v2'), first)).toEqual([]);
  expect(await driver.restore(ctx, world.at('v2'), first)).toMatchObject({ changed: true, summary: 'web back at v1' });
  expect(await served()).toBe('v1');
  expect(await driver.describe(ctx, world.at('v2'))).toEqual(first);
  expect(await driver.restore(ctx, world.at('v2'), first)).toMatchObject({ changed: false });

  // Then the newer release stays as evidence, and restoring nothing leaves nothing
  expect(existsSync(join(root(), 'releases', second.driver.release))).toBe(true);
  expect(await driver.restore(ctx, world.at('v2'), undefined)).toMatchObject({ changed: true });
  expect(existsSync(root())).toBe(false);
  expect(await driver.restore(ctx, world.at('v2'), undefined)).toMatchObject({ changed: false });
  expect((await ask(world.port)).status).toBe(0);
  expect(await driver.describe(ctx, world.at('v2'))).toBeUndefined();
});

test('keeps files private and the config with the release', async () => {
  // Given a release with an environment
  const { driver: state } = await driver.deploy(world.ctx, world.at('v1', {}, { TOKEN: 's3cr3t-canary' }), undefined);

  // Then only the owner reads it, the environment is part of it, and nothing secret was printed
  const file = join(root(), 'releases', state.release, 'release.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(root()).mode & 0o777).toBe(0o700);
  expect(statSync(join(root(), 'front.sock')).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(file, 'utf8')).env).toMatchObject({ TOKEN: 's3cr3t-canary' });
  expect(world.printed.join('\n')).not.toContain('s3cr3t-canary');
  const supervisors = processesUnder(world.dir).filter((text) => text.includes('supervisor.js'));
  expect(supervisors).toHaveLength(1);
  expect(supervisors.join()).not.toContain('canary');
});

test('deploys a worker without a port, and ends what it started outside its group', async () => {
  // Given a worker whose child left the process group
  const before = await driver.deploy(world.ctx, workerOf(world, 'v1', { FAMILY: 'yes' }), undefined);
  expect(before.healthy).toBe(true);

  // When the next one is deployed, and taken back
  await driver.deploy(world.ctx, workerOf(world, 'v2'), before);
  expect(processesUnder(world.dir).filter((text) => text.includes('SHIP_VERSION=v1'))).toEqual([]);
  await driver.restore(world.ctx, workerOf(world, 'v2'), before);

  // Then only the first one runs, and there is no front
  expect(await driver.describe(world.ctx, workerOf(world, 'v2'))).toEqual(before);
  expect(existsSync(join(root(), 'front.json'))).toBe(false);
});

test('a service becomes a worker and a service again', async () => {
  const before = await driver.deploy(world.ctx, world.at('v1'), undefined);
  await driver.deploy(world.ctx, workerOf(world, 'v2'), before);
  expect((await ask(world.port)).status).toBe(0);
  await driver.restore(world.ctx, workerOf(world, 'v2'), before);
  expect(await served()).toBe('v1');
});

test('prunes old releases, never the live one and never the one before it', async () => {
  let before = await driver.deploy(world.ctx, world.at('v1', { keep: 2 }), undefined);
  for (const version of ['v2', 'v3', 'v4']) before = await driver.deploy(world.ctx, world.at(version, { keep: 2 }), before);
  const kept = readdirSync(join(root(), 'releases'));
  expect(kept).toHaveLength(2);
  expect(kept).toContain(before.driver.release);
});

test('a damaged release is found before anything changes', async () => {
  // Given v1 was changed on disk after v2 went live
  const before = await driver.deploy(world.ctx, world.at('v1'), undefined);
  await driver.deploy(world.ctx, world.at('v2'), before);
  rmSync(join(root(), 'releases', before.driver.release, 'app/server.mjs'));

  // Then admission blocks, and so does the restore itself, while v2 serves
  expect(await driver.admit?.(world.ctx, world.at('v2'), before)).toMatchObject([{ level: 'block', rule: 'release-intact' }]);
  await expect(driver.restore(world.ctx, world.at('v2'), before)).rejects.toMatchObject({ code: 'SHIP_RELEASE_MISSING' });
  expect(await served()).toBe('v2');
  expect(await driver.admit?.(world.ctx, world.at('v2', { root: 'elsewhere' }), before)).toMatchObject([{ rule: 'release-root' }]);
});

test('a folder that is not there is refused by name', async () => {
  const deployed = driver.deploy(world.ctx, world.at('v1', { path: 'gone' }), undefined);
  await expect(deployed).rejects.toMatchObject({ code: 'SHIP_RELEASE_PATH_MISSING', message: expect.stringContaining('gone') });
});

test('a release that is restored has what its secrets are today, and as they were where they are not set', async () => {
  // Given v1, which was given a password, and v2, which is live
  let password: string | undefined = 'old-password';
  const ctx = {
    ...world.ctx,
    refer: <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll(password ?? '\0', '{{secret:DB}}')),
    resolve: <T>(value: T): T => {
      if (password === undefined) throw new ShipError({ code: 'SHIP_SECRET_MISSING', message: 'DB is not set' });
      return JSON.parse(JSON.stringify(value).replaceAll('{{secret:DB}}', password));
    },
  };
  const first = await driver.deploy(ctx, world.at('v1', {}, { DB: 'old-password' }), undefined);
  const given = () =>
    processesUnder(world.dir)
      .filter((text) => text.includes('SHIP_VERSION=v1'))
      .map((text) => /DB=(\S+)/.exec(text)?.[1]);
  const restoredWith = async (now: string | undefined) => {
    await driver.deploy(ctx, world.at('v2'), first);
    password = now;
    expect(await driver.restore(ctx, world.at('v2'), first)).toMatchObject({ changed: true });
    expect(await driver.describe(ctx, world.at('v2'))).toEqual(first);
    return new Set(given());
  };

  expect(await restoredWith('new-password')).toEqual(new Set(['new-password']));
  expect(await restoredWith(undefined)).toEqual(new Set(['new-password']));
});
