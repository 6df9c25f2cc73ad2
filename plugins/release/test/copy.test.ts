import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { copyTree } from '../src/release/create.js';
import { firstDamage, hashManifest } from '../src/release/store.js';

let dir: string;
const copy = (to = 'to', exclude: string[] = []) =>
  copyTree({ from: join(dir, 'from'), to: join(dir, to), exclude, except: join(dir, 'from/kept') });

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'copy-'));
  for (const folder of ['from/.git', 'from/sub', 'from/tests', 'from/kept']) mkdirSync(join(dir, folder), { recursive: true });
  writeFileSync(join(dir, 'from/run.sh'), 'echo', { mode: 0o755 });
  writeFileSync(join(dir, 'from/sub/a.txt'), 'a', { mode: 0o644 });
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('copies files privately, keeps what may run, and leaves out what it should', async () => {
  symlinkSync(join(dir, 'from/sub'), join(dir, 'from/link'));
  const manifest = await copy('to', ['tests']);
  expect(manifest.map(({ path, mode }) => `${mode} ${path}`)).toEqual(['link link', 'exec run.sh', 'folder sub', 'file sub/a.txt']);
  expect(statSync(join(dir, 'to/run.sh')).mode & 0o777).toBe(0o700);
  expect(statSync(join(dir, 'to/sub/a.txt')).mode & 0o777).toBe(0o600);
  expect(readlinkSync(join(dir, 'to/link'))).toBe('sub');
  expect(existsSync(join(dir, 'to/.git'))).toBe(false);
});

test('the same tree has the same hash, and a changed byte another one', async () => {
  const first = hashManifest(await copy('one'));
  expect(hashManifest(await copy('two'))).toBe(first);
  writeFileSync(join(dir, 'from/sub/a.txt'), 'b');
  expect(hashManifest(await copy('three'))).not.toBe(first);
});

test('damage is found, what a service added is not damage', async () => {
  const manifest = await copy();
  writeFileSync(join(dir, 'to/cache.db'), 'new');
  expect(await firstDamage(join(dir, 'to'), manifest)).toBeUndefined();
  writeFileSync(join(dir, 'to/sub/a.txt'), 'x');
  expect(await firstDamage(join(dir, 'to'), manifest)).toBe('sub/a.txt');
});

test.each(['../secret', '/etc/passwd', 'deep/../../secret'])('a symlink to %s is refused by name', async (target) => {
  symlinkSync(target, join(dir, 'from/escape'));
  await expect(copy()).rejects.toMatchObject({ code: 'SHIP_RELEASE_LINK_ESCAPES', message: expect.stringContaining('from/escape') });
});

test('a symlink that leads out through another symlink is refused', async () => {
  mkdirSync(join(dir, 'from/sub/b'));
  mkdirSync(join(dir, 'outside'));
  symlinkSync('../..', join(dir, 'from/sub/b/up'));
  symlinkSync('sub/b/up/../outside', join(dir, 'from/sneaky'));
  await expect(copy()).rejects.toMatchObject({ code: 'SHIP_RELEASE_LINK_ESCAPES', message: expect.stringContaining('sneaky') });
});

test('files and folders keep their times', async () => {
  const then = new Date('2020-02-03T04:05:06.789Z');
  for (const path of ['from/sub/a.txt', 'from/run.sh', 'from/sub']) utimesSync(join(dir, path), then, then);
  await copy();
  for (const path of ['to/sub/a.txt', 'to/run.sh', 'to/sub']) expect(statSync(join(dir, path)).mtime).toEqual(then);
});

test.skipIf(process.platform === 'darwin')('names that are not UTF-8 are copied, told apart, and watched like all others', async () => {
  const at = (top: string, ...bytes: number[]) => Buffer.concat([Buffer.from(join(dir, top, 'sub/')), Buffer.from(bytes)]);
  writeFileSync(at('from', 0x61, 0xff), 'one');
  writeFileSync(at('from', 0x61, 0xfe), 'two');
  mkdirSync(at('from', 0xe9));
  writeFileSync(Buffer.concat([at('from', 0xe9), Buffer.from('/\u00fc')]), 'within');
  symlinkSync(Buffer.from([0x61, 0xff]), at('from', 0xfc));
  const manifest = await copy();
  expect(new Set(manifest.map(({ path }) => path)).size).toBe(manifest.length);
  expect(readFileSync(at('to', 0x61, 0xff), 'utf8')).toBe('one');
  expect(readFileSync(at('to', 0x61, 0xfe), 'utf8')).toBe('two');
  expect(readFileSync(at('to', 0xfc), 'utf8')).toBe('one');
  expect(readFileSync(Buffer.concat([at('to', 0xe9), Buffer.from('/\u00fc')]), 'utf8')).toBe('within');
  const kept = JSON.parse(JSON.stringify(manifest));
  expect(await firstDamage(join(dir, 'to'), kept)).toBeUndefined();
  writeFileSync(at('to', 0x61, 0xfe), 'TWO');
  expect(await firstDamage(join(dir, 'to'), kept)).toContain('a');
});
