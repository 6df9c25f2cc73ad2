import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HEAD, project, ROOT, runProgram, temporaryFolder } from './support/ship.js';

describe('a step that replaces the command that runs it', () => {
  it('given a step that removes the whole command and fails, when ship rolls back, then it does, and proves it', async () => {
    const copy = temporaryFolder();
    for (const part of ['bin', 'dist', 'package.json']) cpSync(join(ROOT, 'packages/cli', part), join(copy, part), { recursive: true });
    const steps = `steps:\n  - { id: one, run: echo 1 > one, undo: rm -f one }\n  - { id: install, run: "rm -rf ${copy}/bin ${copy}/dist && false" }\n`;
    const cwd = project(HEAD + steps);
    const { code, stdout, stderr } = await runProgram([process.execPath, join(copy, 'bin/ship.cjs'), '--auto-rollback'], { cwd });
    expect({ code, stderr }, stdout).toMatchObject({ code: 1 });
    expect(existsSync(join(copy, 'dist'))).toBe(false);
    expect(existsSync(join(cwd, 'one'))).toBe(false);
  });
});
