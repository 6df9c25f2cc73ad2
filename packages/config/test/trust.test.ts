import { chmodSync, chownSync, mkdirSync, realpathSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { findConfig } from '../src/read.js';
import { checkOrigin, trustedPaths, writeTrusted } from '../src/trust.js';
import { failure, folder, HEAD, told } from './helper.js';

const SOMEBODY = 4321;
const IS_ROOT = process.getuid?.() === 0;
const SKIP = !IS_ROOT && process.env.SHIP_TEST_ALL !== '1';

beforeAll(() => {
  if (SKIP) process.stderr.write('skipped: files of another user need root (SHIP_TEST_ALL=1 makes this an error)\n');
});

/** A folder that others can get to. */
function openFolder(files: Record<string, string> = {}): string {
  const dir = realpathSync(folder(files));
  chmodSync(dir, 0o755);
  return dir;
}

const find = async (cwd: string, env: Record<string, string> = {}, file?: string) => findConfig({ cwd, env, file });
const refusal = async (cwd: string, env: Record<string, string> = {}) => told(await failure(find(cwd, env)));

/** The error for what others may write. */
const writable = (file: string, path: string, mode: string) =>
  `SHIP_CONFIG_FOREIGN ${file} is not read: ${path === file ? 'it' : path} can be written by others (mode ${mode}) | Whoever can change it can run commands as you. If you trust it: \`ship trust ${path}\`; in a container: SHIP_TRUST=${path}.`;

describe.skipIf(process.platform === 'win32')('Given a config that others may write', () => {
  test.each([0o666, 0o602])('When the mode of the file is %o, then it is refused, with the command that trusts it', async (mode) => {
    const dir = openFolder({ 'ship.yaml': HEAD });
    chmodSync(join(dir, 'ship.yaml'), mode);
    expect(await refusal(dir)).toBe(writable(join(dir, 'ship.yaml'), join(dir, 'ship.yaml'), `0${mode.toString(8)}`));
  });

  test('When its folder, or one between it and where the search began, is open, then it is refused', async () => {
    const dir = openFolder({ 'ship.yaml': HEAD, 'a/b/.keep': '' });
    chmodSync(join(dir, 'a'), 0o777);
    expect(await refusal(join(dir, 'a/b'))).toBe(writable(join(dir, 'ship.yaml'), join(dir, 'a'), '0777'));
    expect(await find(dir)).toBe(join(dir, 'ship.yaml'));
    chmodSync(dir, 0o777);
    expect(await refusal(dir)).toBe(writable(join(dir, 'ship.yaml'), dir, '0777'));
  });

  test('When the folder is sticky, or nobody else can get there, then it is read', async () => {
    const dir = openFolder({ 'ship.yaml': HEAD, 'a/.keep': '' });
    chmodSync(dir, 0o1777);
    expect(await find(join(dir, 'a'))).toBe(join(dir, 'ship.yaml'));
    chmodSync(join(dir, 'ship.yaml'), 0o666);
    await expect(find(dir)).rejects.toThrow('can be written by others');
    const closed = openFolder({ 'in/ship.yaml': HEAD });
    chmodSync(join(closed, 'in'), 0o777);
    chmodSync(join(closed, 'in/ship.yaml'), 0o666);
    chmodSync(closed, 0o700);
    expect(await find(join(closed, 'in'))).toBe(join(closed, 'in/ship.yaml'));
  });

  test('When a folder or a file that holds it is trusted, or all are, then it is read', async () => {
    const dir = openFolder({ 'a/ship.yaml': HEAD });
    const file = join(dir, 'a/ship.yaml');
    chmodSync(file, 0o666);
    for (const trusted of [file, join(dir, 'a'), dir, `/nowhere:${dir}`, '*'])
      expect(await find(join(dir, 'a'), { SHIP_TRUST: trusted }), trusted).toBe(file);
    for (const trusted of ['', join(dir, 'b'), `${dir}/a/s`, '.', 'a'])
      await expect(find(join(dir, 'a'), { SHIP_TRUST: trusted }), trusted).rejects.toThrow('can be written by others');
  });

  test('When the list says that it is trusted, then it is read, unless others may write the list', async () => {
    const dir = openFolder({ 'ship.yaml': HEAD });
    chmodSync(join(dir, 'ship.yaml'), 0o666);
    const env = { XDG_CONFIG_HOME: join(openFolder(), 'home') };
    expect(trustedPaths(env)).toEqual([]);
    const list = writeTrusted([dir], env);
    expect([list, statSync(list).mode & 0o777]).toEqual([join(env.XDG_CONFIG_HOME, 'ship/trusted'), 0o600]);
    expect(await find(dir, env)).toBe(join(dir, 'ship.yaml'));
    for (const path of [env.XDG_CONFIG_HOME, dirname(list)]) chmodSync(path, 0o755);
    chmodSync(list, 0o666);
    expect(trustedPaths(env)).toEqual([]);
    await expect(find(dir, env)).rejects.toThrow('can be written by others');
  });
});

describe.skipIf(SKIP)('Given a file of another user', () => {
  test('When it is the config, or a folder that leads to it, then it is refused, with whose it is', async () => {
    const dir = openFolder({ 'ship.yaml': HEAD, 'a/b/.keep': '' });
    for (const [path, cwd] of [
      [join(dir, 'ship.yaml'), dir],
      [dir, join(dir, 'a/b')],
      [join(dir, 'a'), join(dir, 'a/b')],
      [join(dir, 'a/b'), join(dir, 'a/b')],
    ] as const) {
      chownSync(path, SOMEBODY, SOMEBODY);
      expect(await refusal(cwd)).toContain(`${path === join(dir, 'ship.yaml') ? 'it' : path} belongs to uid ${SOMEBODY} | `);
      chownSync(path, 0, 0);
    }
    expect(await find(join(dir, 'a/b'))).toBe(join(dir, 'ship.yaml'));
  });

  test('When it is named, then only what leads to it counts', async () => {
    const dir = openFolder({ 'mine/ship.yaml': HEAD, 'theirs/ship.yaml': HEAD, 'theirs/cwd/.keep': '' });
    chownSync(join(dir, 'theirs'), SOMEBODY, SOMEBODY);
    expect(await find(join(dir, 'theirs/cwd'), {}, '../../mine/ship.yaml')).toBe(join(dir, 'mine/ship.yaml'));
    await expect(find(join(dir, 'mine'), {}, '../theirs/ship.yaml')).rejects.toThrow(`${dir}/theirs belongs to uid ${SOMEBODY}`);
  });

  test('When a link leads to it, or is theirs, then it is refused', async () => {
    const dir = openFolder({ 'theirs/ship.yaml': HEAD, 'mine/.keep': '', 'real/ship.yaml': HEAD });
    chownSync(join(dir, 'theirs/ship.yaml'), SOMEBODY, SOMEBODY);
    symlinkSync(join(dir, 'theirs/ship.yaml'), join(dir, 'mine/ship.yaml'));
    await expect(find(join(dir, 'mine'))).rejects.toThrow('belongs to uid');
    const link = join(dir, 'mine/ship.yml');
    symlinkSync(join(dir, 'real/ship.yaml'), link);
    expect(await find(dir, {}, 'mine/ship.yml')).toBe(link);
    chownSync(join(dir, 'real'), SOMEBODY, SOMEBODY);
    await expect(find(dir, {}, 'mine/ship.yml')).rejects.toThrow('belongs to uid');
  });

  test('When it is in .speckit, or in a package.json that may hold a config, then nothing of it is parsed', async () => {
    const dir = openFolder({ '.speckit/ship.yaml': HEAD });
    chownSync(join(dir, '.speckit'), SOMEBODY, SOMEBODY);
    await expect(find(dir)).rejects.toThrow(`${dir}/.speckit belongs to uid`);
    const other = openFolder({ 'package.json': '{ "ship": broken', 'a/.keep': '' });
    chownSync(join(other, 'package.json'), SOMEBODY, SOMEBODY);
    await expect(find(join(other, 'a'))).rejects.toThrow('it belongs to uid');
    writeFileSync(join(other, 'package.json'), '{ "name": "none" }');
    await expect(find(join(other, 'a'))).rejects.toThrow('No config was found');
  });

  test('When the user became root by sudo from its owner, then it is theirs', async () => {
    const dir = openFolder({ 'ship.yaml': HEAD });
    for (const path of [dir, join(dir, 'ship.yaml')]) chownSync(path, SOMEBODY, SOMEBODY);
    expect(await find(dir, { SUDO_UID: `${SOMEBODY}` })).toBe(join(dir, 'ship.yaml'));
    for (const SUDO_UID of ['', '1', `${SOMEBODY}x`, `0${SOMEBODY}1`])
      await expect(find(dir, { SUDO_UID })).rejects.toThrow('belongs to uid');
  });

  test('When it is a plugin, then the folders between it and the config count, too', () => {
    const dir = openFolder({ 'p/ship.yaml': HEAD, 'lib/x/plugin.mjs': '' });
    const check = () => checkOrigin({ file: join(dir, 'lib/x/plugin.mjs'), from: join(dir, 'p'), env: {} });
    check();
    for (const path of ['lib/x/plugin.mjs', 'lib/x', 'lib']) {
      chownSync(join(dir, path), SOMEBODY, SOMEBODY);
      expect(check, path).toThrow('belongs to uid');
      chownSync(join(dir, path), 0, 0);
    }
    mkdirSync(join(dir, 'p/in'));
    check();
  });

  test('When a group may write it, then it must be one that nobody else is in', async () => {
    const dir = openFolder({ 'ship.yaml': HEAD });
    chmodSync(join(dir, 'ship.yaml'), 0o664);
    expect(await find(dir)).toBe(join(dir, 'ship.yaml'));
    chownSync(join(dir, 'ship.yaml'), 0, SOMEBODY);
    await expect(find(dir)).rejects.toThrow('can be written by others (mode 0664)');
  });
});
