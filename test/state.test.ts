import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEPLOY, project, ship, shipJson } from './support/ship.js';

const modes = (path: string): string[] => {
  const stat = statSync(path);
  const own = `${path} ${(stat.mode & 0o777).toString(8)}`;
  return stat.isDirectory() ? [own, ...readdirSync(path).flatMap((name) => modes(join(path, name)))] : [own];
};

describe('state', () => {
  it('given a run with output, a snapshot and a rollback, when the modes below .speckit are read, then files are 0600 and folders 0700', async () => {
    const cwd = project(
      `${DEPLOY}  - { id: two, run: "test ! -e fail && echo output" }\nverify: { smoke: [{ run: "echo ../../x", name: ../../../../escape }] }\n`,
    );
    expect((await ship([], { cwd })).code).toBe(0);
    writeFileSync(join(cwd, 'fail'), '');
    expect((await ship(['--auto-rollback'], { cwd })).code).toBe(1);
    const found = modes(join(cwd, '.speckit'));
    expect(found.filter((each) => !/ (600|700)$/.test(each))).toEqual([]);
    expect(found.filter((each) => each.includes('.tmp'))).toEqual([]);
    expect(found.some((each) => /logs\/two\.log 600$/.test(each))).toBe(true);
    expect(found.some((each) => /logs\/[^/]*escape\.log 600$/.test(each))).toBe(true);
    expect(readdirSync(cwd).sort()).toEqual(['.speckit', 'fail', 'ship.yaml']);
  });

  it.each([0o750, 0o755, 0o707])(
    'given a state folder of mode %o, when ship runs, then 2, the command that closes it is named, and nothing is touched',
    async (mode) => {
      const cwd = project(DEPLOY);
      mkdirSync(join(cwd, '.speckit'), { mode: 0o700 });
      (await import('node:fs')).chmodSync(join(cwd, '.speckit'), mode);
      const { report } = await shipJson([], { cwd });
      expect(report).toMatchObject({ exit_code: 2, errors: [{ code: 'SHIP_STATE_FOLDER_OPEN', hint: expect.stringContaining('chmod') }] });
      expect(existsSync(join(cwd, 'one'))).toBe(false);
    },
  );

  it('given a file where the state folder should be, when ship runs, then 2 and a code', async () => {
    const cwd = project(DEPLOY, { '.speckit': '' });
    expect((await shipJson([], { cwd })).report).toMatchObject({ exit_code: 2, errors: [{ code: 'SHIP_STATE_FOLDER_OPEN' }] });
  });
});
