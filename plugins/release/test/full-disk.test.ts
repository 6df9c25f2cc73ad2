import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { ask } from '../../../test/support/client.js';
import { releaseDriver } from '../src/driver/driver.js';
import { stopAll } from '../src/driver/restore.js';
import { rotatingLog } from '../src/process/log.js';
import { siteOf } from '../src/site.js';
import { processesUnder, type World, worldForEachTest } from './support/world.js';

let world: World;
let unmounting = '';

worldForEachTest((made) => {
  world = made;
});

// Hooks after a test run in the reverse order: the folder is no mount any more when the world ends.
afterEach(async () => {
  await releaseDriver().restore(world.ctx, world.at('v1'), undefined);
  unmount(unmounting);
});

function mounted(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=700', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const unmount = (folder: string) => execFileSync('umount', ['-l', folder]);

/** Writes until nothing more fits. */
function fill(folder: string): void {
  for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 2))
    for (let index = 0; ; index += 1) {
      try {
        writeFileSync(join(folder, `ballast-${size}-${index}`), Buffer.alloc(size));
      } catch {
        break;
      }
    }
}

const probe = mkdtempSync(join(tmpdir(), 'disk-'));
const canMount = mounted(probe);
if (canMount) unmount(probe);
rmdirSync(probe);

describe.skipIf(!canMount)('on a full disk', () => {
  test('a release is stopped, and taken away with all that it held', async () => {
    const state = join(world.dir, '.speckit');
    mounted(state);
    unmounting = state;
    const driver = releaseDriver();
    const live = await driver.deploy(world.ctx, world.at('v1'), undefined);
    const site = siteOf(world.ctx, world.at('v1'));
    fill(state);
    await stopAll(site);
    expect((await ask(world.port)).status).toBe(0);
    expect(processesUnder(world.dir)).toEqual([]);
    expect(existsSync(join(site.layout.root, 'releases', live.driver.release))).toBe(true);
    expect(await driver.restore(world.ctx, world.at('v1'), undefined)).toMatchObject({ changed: true });
    expect(existsSync(site.layout.root)).toBe(false);
  });

  test('a log that is too long is cut, although there is no room for its old lines', async () => {
    const folder = join(world.dir, 'logs');
    mounted(folder);
    unmounting = folder;
    const path = join(folder, 'web.log');
    writeFileSync(`${path}.1`, 'older');
    writeFileSync(path, 'x'.repeat(5 * 1024 * 1024));
    fill(folder);
    const log = rotatingLog(path, 1024 * 1024, 20);
    for (let waited = 0; waited < 100 && statSync(path).size > 1024; waited += 1) await sleep(20);
    expect(statSync(path).size).toBeLessThan(1024);
    log.note('goes on');
    expect(readFileSync(path, 'utf8')).toMatch(/goes on\n$/);
  });
});
