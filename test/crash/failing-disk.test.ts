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
  const linesOf = (file: string) => readFileSync(join(cwd, file), 'utf8').split('\n').filter(Boolean);
  const said = linesOf('acted');
  const intents = linesOf('flushed.jsonl')
    .map((line) => JSON.parse(line))
    .filter(({ type }) => type === 'intent' || type === 'undo-intent')
    .map(({ type, step }) => (type === 'intent' ? step : `undo ${step}`));
  return { ...ended, said, intents };
}

type Ran = Awaited<ReturnType<typeof onDisk>>;

/** What was said after the fault by commands whose intent is not on the disk: they were started after it. */
const startedAfterFault = ({ said, intents }: Ran) =>
  said.slice(said.indexOf('FAULT') + 1).filter((line) => !line.startsWith('CALLS') && !intents.includes(line));

describe('a disk that fails', () => {
  it.each(['EIO', 'ENOSPC', 'short'])(
    'given %s at any write or flush of the state, when ship runs, then no step starts after it, and it is no silent success',
    async (fault) => {
      const whole = await onDisk(fault, 0);
      expect(whole.said.filter((line) => !line.startsWith('CALLS'))).toHaveLength(4);
      const calls = Number(whole.said.at(-1)!.split(' ')[1]);
      expect(calls).toBeGreaterThan(10);
      for (let at = 1; at <= calls; at += STRIDE) {
        const ran = await onDisk(fault, at);
        const { said, code, stdout } = ran;
        // How many flushes a run needs varies a little: a call that never came did not fail.
        if (!said.includes('FAULT')) continue;
        figures.failingCalls += 1;
        figures.stepsStartedAfterOne += startedAfterFault(ran).length;
        expect(startedAfterFault(ran), `${fault} at call ${at} of ${calls}`).toEqual([]);
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
