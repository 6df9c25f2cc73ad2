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
  it.each([[[]], [['--verbose']]])(
    'given a step that removes the whole command and fails, when `ship --auto-rollback %j` rolls back, then it does, and proves it',
    async (words) => {
      const copy = copied();
      const steps = `steps:\n  - { id: one, run: echo 1 > one, undo: rm -f one }\n  - { id: install, run: "rm -rf ${copy}/bin ${copy}/dist && false" }\n`;
      const cwd = project(HEAD + steps);
      const { code, stderr } = await ship(copy, cwd, '--auto-rollback', ...words);
      expect({ code, stderr }).toMatchObject({ code: 1 });
      expect(existsSync(join(copy, 'dist'))).toBe(false);
      expect(existsSync(join(cwd, 'one'))).toBe(false);
    },
  );
});

it('given a bundle that is missing, when ship runs, then it says so, and is no silent success', async () => {
  const copy = copied();
  rmSync(join(copy, 'dist/ship.cjs'));
  const { code, stderr } = await ship(copy, project(DEPLOY), 'validate');
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('dist/ship.cjs is missing: install ship again') });
});
