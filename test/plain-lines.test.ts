import { describe, expect, it } from 'vitest';
import { DEPLOY, HEAD, project, ship } from './support/ship.js';

describe('plain lines', () => {
  it('given a step, a check and an undo that fail with details, when ship ends, then the details stand there once, and the summary refers to them in a line', async () => {
    const fails = (id: string) => `echo ${id}-1 >&2; echo ${id}-2 >&2; exit 9`;
    const cwd = project(
      `${HEAD}steps:\n  - { id: soft, run: "${fails('soft')}", continue_on_error: true }\n  - { id: one, run: "true", undo: "${fails('undo')}" }\n  - { id: two, run: "${fails('step')}" }\n`,
    );
    const count = (text: string, word: string) => text.split('\n').filter((line) => line.trim() === word).length;
    const left = await ship([], { cwd });
    expect(['soft-1', 'soft-2', 'step-1', 'step-2'].map((word) => count(left.stdout + left.stderr, word))).toEqual([1, 1, 1, 1]);
    expect(left.stdout).toMatch(/^CRITICAL step_failed \(step two\): \/bin\/sh .* exited with 9$/m);
    expect(left.stdout).toMatch(/^! \/bin\/sh .* exited with 9$/m);
    const incomplete = await ship(['--auto-rollback'], { cwd });
    expect(count(incomplete.stdout + incomplete.stderr, 'undo-1')).toBe(1);
    expect(incomplete.stderr).toMatch(/^✗ one is not rolled back: .* exited with 9$/m);
    const checked = project(`${DEPLOY}verify: { smoke: [{ run: "${fails('check')}", name: alive }] }\n`);
    const failed = await ship([], { cwd: checked });
    expect(count(failed.stdout + failed.stderr, 'check-2')).toBe(1);
    expect(failed.stdout).toMatch(/^CRITICAL smoke_tests_failed: smoke failed: alive: exited with 9$/m);
  });
});
