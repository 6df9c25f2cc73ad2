import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { project, runProgram, SHIP } from '../support/ship.js';
import { figuresOf } from './figures.js';
import { sized } from './size.js';

const PRELOAD = join(import.meta.dirname, 'failing-disk.cjs');
const step = (id: string, more = '') => `  - { id: ${id}, run: "echo ${id} >> acted", undo: "echo undo ${id} >> acted"${more} }\n`;
const CONFIG = `version: 1\nproject: shop\nmax_parallel: 2\nsteps:\n${step('one')}${step('two')}${step('three', ', needs: [one]')}${step('four')}`;
/** In `npm test` only some of the calls fail, spread over the run. */
const STRIDE = sized(6, 1);

const figures = figuresOf('A disk that fails', { failingCalls: 0, stepsStartedAfterOne: 0 });

/** Runs ship on a disk whose nth call fails; tells how it ended and what was said in `acted`. */
async function onDisk(fault: string, at: number) {
  const cwd = project(CONFIG);
  const ended = await runProgram([process.execPath, '--require', PRELOAD, SHIP, '--json', '--auto-rollback'], {
    cwd,
    env: { FAULT: fault, FAULT_AT: String(at) },
  });
  const said = readFileSync(join(cwd, 'acted'), 'utf8').trim().split('\n');
  return { ...ended, said };
}

describe('a disk that fails', () => {
  it.each(['EIO', 'ENOSPC', 'short'])(
    'given %s at any write or flush of the state, when ship runs, then no step starts after it, and it is no silent success',
    async (fault) => {
      const whole = await onDisk(fault, 0);
      expect(whole.said.filter((line) => !line.startsWith('CALLS'))).toHaveLength(4);
      const calls = Number(whole.said.at(-1)!.split(' ')[1]);
      expect(calls).toBeGreaterThan(10);
      for (let at = 1; at <= calls; at += STRIDE) {
        const { said, code, stdout } = await onDisk(fault, at);
        // How many flushes a run needs varies a little: a call that never came did not fail.
        if (!said.includes('FAULT')) continue;
        const after = said.slice(said.indexOf('FAULT') + 1);
        figures.failingCalls += 1;
        figures.stepsStartedAfterOne += after.filter((line) => !line.startsWith('CALLS')).length;
        expect(
          after.filter((line) => !line.startsWith('CALLS')),
          `${fault} at call ${at} of ${calls}`,
        ).toEqual([]);
        const report = JSON.parse(stdout);
        const told = JSON.stringify([...report.errors, ...report.warnings]);
        expect(told, `${fault} at call ${at} of ${calls}`).toMatch(/SHIP_STORE_WRITE_FAILED|was not|EIO|ENOSPC/);
        // A report or a lease that cannot be written does not undo a deploy that has succeeded; it is told.
        if (report.steps.length > 0 && said.indexOf('FAULT') < 4) expect(code, `${fault} at call ${at} of ${calls}`).not.toBe(0);
      }
    },
    sized(60_000, 600_000),
  );
});
