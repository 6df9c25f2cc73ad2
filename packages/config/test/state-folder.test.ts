import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkStateFolder } from '../src/read.js';
import { failure, folder, told } from './helper.js';

const check = async (dir: string) => checkStateFolder(dir, {});

describe.skipIf(process.platform === 'win32')('Given the state folder', () => {
  test('When it is missing or closed, then all is well', () => {
    const dir = join(folder(), '.speckit');
    checkStateFolder(dir, {});
    mkdirSync(dir, { mode: 0o700 });
    checkStateFolder(dir, {});
  });

  test.each([0o750, 0o701, 0o770, 0o755])('When its mode is %i, then the command that closes it is told', async (mode) => {
    const dir = join(folder(), ".spec'kit");
    mkdirSync(dir);
    chmodSync(dir, mode);
    const quoted = `'${dir.replace("'", "'\\''")}'`;
    expect(told(await failure(check(dir)))).toBe(
      `SHIP_STATE_FOLDER_OPEN The state folder ${dir} can be used by others (mode 0${mode.toString(8)}) | It holds captures, which may have secrets in them. Run: chmod -R go= ${quoted}`,
    );
  });

  test('When it holds the config alone, as in a fresh clone, then its mode is no matter; with anything else it is', async () => {
    const dir = join(folder(), '.speckit');
    mkdirSync(dir);
    chmodSync(dir, 0o755);
    for (const name of ['ship.yaml', '.gitignore']) writeFileSync(join(dir, name), '');
    checkStateFolder(dir, {});
    writeFileSync(join(dir, 'project'), '');
    expect((await failure(check(dir))).message).toContain('can be used by others (mode 0755)');
  });

  test('When it is a file, then that is told', async () => {
    const dir = join(folder(), '.speckit');
    writeFileSync(dir, '');
    expect((await failure(check(dir))).message).toBe(`The state folder ${dir} is not a folder`);
  });
});
