import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEPLOY, HEAD, project, ROOT, runProgram, temporaryFolder } from './support/ship.js';

/** The command, copied to where it may be changed. */
function copied(): string {
  const copy = temporaryFolder();
  for (const part of ['bin', 'dist', 'package.json']) cpSync(join(ROOT, 'packages/cli', part), join(copy, part), { recursive: true });
  return copy;
}

const ship = (copy: string, cwd: string, ...words: string[]) =>
  runProgram([process.execPath, join(copy, 'bin/ship.cjs'), ...words], { cwd });

describe('a step that replaces the command that runs it', () => {
  it('given a step that removes the whole command and fails, when ship rolls back, then it does, and proves it', async () => {
    const copy = copied();
    const steps = `steps:\n  - { id: one, run: echo 1 > one, undo: rm -f one }\n  - { id: install, run: "rm -rf ${copy}/bin ${copy}/dist && false" }\n`;
    const cwd = project(HEAD + steps);
    const { code, stderr } = await ship(copy, cwd, '--auto-rollback');
    expect({ code, stderr }).toMatchObject({ code: 1 });
    expect(existsSync(join(copy, 'dist'))).toBe(false);
    expect(existsSync(join(cwd, 'one'))).toBe(false);
  });
});

describe('the chunks of the command', () => {
  it.each([
    [['validate'], ['ship-deploy', 'ship-list', 'ship-rest']],
    [[], ['ship-rest']],
    [['snapshots', 'list'], ['ship-rest']],
  ])('given ship %j, then it loads no chunk but its own', async (words, without) => {
    const copy = copied();
    for (const name of without) rmSync(join(copy, `dist/${name}.cjs`));
    const { code, stderr } = await ship(copy, project(DEPLOY), ...words);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it.each([
    ['ship', ['validate']],
    ['ship-deploy', []],
    ['ship-end', []],
    ['ship-list', []],
    ['ship-rest', ['explain', 'SHIP_USAGE']],
  ])('given %s.cjs that is missing, when ship %j needs it, then it says so, and is no silent success', async (name, words) => {
    const copy = copied();
    rmSync(join(copy, `dist/${name}.cjs`));
    const { code, stderr } = await ship(copy, project(DEPLOY), ...words);
    expect(code).not.toBe(0);
    expect(stderr).toContain(`dist/${name}.cjs is missing: install ship again`);
  });
});
