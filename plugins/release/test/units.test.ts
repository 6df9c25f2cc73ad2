import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '@ship/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { callOff, holder, identityOf, takeClaim } from '../src/base/identity.js';
import { until } from '../src/base/wait.js';
import { layoutOf } from '../src/layout.js';
import { rotatingLog } from '../src/process/log.js';
import { isReleaseId, newReleaseId } from '../src/release/store.js';
import { controlPath } from '../src/routing/front.js';
import { backoffMs } from '../src/supervise.js';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'units-'));
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('ids of releases sort as they were made, whatever the clock says, and are told from other names', () => {
  const first = newReleaseId('', Date.parse('2024-01-31T10:15:00.123Z'));
  const ids = [first, newReleaseId(first, Date.parse('2024-01-31T10:00:00Z'))];
  expect(ids[0]).toMatch(/^20240131T101500123Z-[0-9a-f]{8}$/);
  expect([...ids].sort()).toEqual(ids);
  expect([...ids, 'app', '../x', '.partial-x'].map(isReleaseId)).toEqual([true, true, false, false, false]);
});

test('a service that ends again and again is started ever more rarely, and never given up', () => {
  expect([0, 1, 2, 5, 6, 100].map(backoffMs)).toEqual([100, 200, 400, 3200, 5000, 5000]);
});

test('a process is not recognised by its number alone', () => {
  const me = identityOf(process.pid)!;
  expect(isAlive(me)).toBe(true);
  expect(isAlive({ ...me, started: '1' })).toBe(false);
  expect(isAlive({ ...me, boot_id: 'another' })).toBe(false);
});

test('a start is taken once, and only a dead holder is succeeded', () => {
  const me = identityOf(process.pid)!;
  const [taken, calledOff, dead] = ['taken', 'called-off', 'dead'].map((name) => join(dir, name)) as [string, string, string];
  expect([takeClaim(taken, me), callOff(taken)]).toEqual([true, false]);
  expect([callOff(calledOff), takeClaim(calledOff, me)]).toEqual([true, false]);
  expect([takeClaim(dead, { ...me, started: '1' }), takeClaim(dead, me), holder(dead)]).toEqual([true, true, me]);
});

test('a control socket whose path would be too long goes to a private folder', async () => {
  expect(await controlPath(layoutOf('/srv/web'))).toBe('/srv/web/front.sock');
  const far = await controlPath(layoutOf(`/srv/${'x'.repeat(120)}`));
  expect(Buffer.byteLength(far)).toBeLessThan(100);
  expect(statSync(join(far, '..')).mode & 0o777).toBe(0o700);
});

test('a log that grew moves away, and one old one is kept', async () => {
  const path = join(dir, 'web.log');
  const log = rotatingLog(path, 100, 20);
  log.note('x'.repeat(200));
  const patience = { timeoutMs: 2000, intervalMs: 20 };
  expect(await until(() => (existsSync(`${path}.1`) && statSync(path).size === 0) || undefined, patience)).toBe(true);
  expect(readFileSync(`${path}.1`, 'utf8')).toContain('xxx');
  log.note('again');
  expect(readFileSync(path, 'utf8')).toMatch(/^\[ship\] .* again\n$/);
});
