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

  test('When it is a file, then that is told', async () => {
    const dir = join(folder(), '.speckit');
    writeFileSync(dir, '');
    expect((await failure(check(dir))).message).toBe(`The state folder ${dir} is not a folder`);
  });
});
