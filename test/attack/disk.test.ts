import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '@ship/core';
import { describe, expect, it } from 'vitest';
import { project, ROOT, ship } from '../support/ship.js';
import { attemptsIn } from './figures.js';

const { attempt } = attemptsIn('disks that fill up, and journals that somebody touches');

/** Three steps with a file each, of which the second may do something to the disk, and its undo, too. */
const CONFIG = `version: 1
project: disk
steps:
  - { id: a, capture: 'cat a 2>/dev/null || true', run: 'echo $V > a', undo: 'echo "$SHIP_CAPTURE" > a' }
  - { id: hit, run: 'eval "$HIT"', undo: 'eval "$HIT_BACK"' }
  - { id: b, capture: 'cat b 2>/dev/null || true', run: 'echo $V > b; test -z "$FAIL"', undo: 'echo "$SHIP_CAPTURE" > b' }
verify: { smoke: [{ run: "true" }] }
`;
const env = { NODE_OPTIONS: `--require=${join(ROOT, 'test/attack/full-disk.cjs')}` };
const world = (cwd: string): string => ['a', 'b'].map((file) => readFileSync(join(cwd, file), 'utf8').trim()).join();

/** Deploys v1, then v2 with what is done to it, and makes room again. */
async function struck(more: Record<string, string>) {
  const cwd = project(CONFIG);
  expect((await ship([], { cwd, env: { V: 'v1' } })).code).toBe(0);
  const { code, stdout } = await ship(['--auto-rollback', '--json'], { cwd, env: { ...env, V: 'v2', ...more } });
  for (const file of ['full', 'full-too']) rmSync(join(cwd, file), { force: true });
  return { cwd, code, report: JSON.parse(stdout) as Report };
}

const pushed = async (cwd: string) => expect((await ship(['state', 'push'], { cwd, env: { V: 'v2' } })).code).toBe(0);
const recovered = async (cwd: string) => {
  const { code, stdout } = await ship(['recover', '--back'], { cwd, env: { V: 'v2' } });
  expect([code, world(cwd)], stdout).toEqual([0, 'v1,v1']);
};

describe.each([
  ['the state', 'touch full'],
  ['the state and the spool', 'touch full full-too'],
])('given a disk that is full for %s', (_, fill) => {
  it.each([
    ['pushed and then recovered', [pushed, recovered]],
    ['recovered and then pushed', [recovered, pushed]],
  ])('when it fills up in a step, and what is left is %s, then 3, no further step, and v1 is back', async (_, after) => {
    await attempt(async () => {
      const { cwd, code, report } = await struck({ HIT: fill });
      expect([code, report.status, world(cwd)]).toEqual([3, 'interrupted', 'v2,v1']);
      for (const each of after) await each(cwd);
      expect((await ship([], { cwd, env: { V: 'v3' } })).code).toBe(0);
    });
  });

  it.each([
    ['pushed and then recovered', [pushed, recovered]],
    ['recovered and then pushed', [recovered, pushed]],
  ])('when it fills up in an undo of an automatic rollback, and what is left is %s, then 4, and v1 is back', async (_, after) => {
    await attempt(async () => {
      const { cwd, code, report } = await struck({ FAIL: '1', HIT_BACK: fill });
      expect([code, report.status]).toEqual([4, 'rollback_incomplete']);
      for (const each of after) await each(cwd);
      expect((await ship([], { cwd, env: { V: 'v3' } })).code).toBe(0);
    });
  });
});

it('given a disk that fills up as the last step ends, when records of the success cannot be saved, then it is not 0, and a push brings them home', async () => {
  await attempt(async () => {
    const cwd = project(`${CONFIG.replace('verify:', '#')}verify: { smoke: [{ run: 'eval "$LATE"' }] }\n`);
    expect((await ship([], { cwd, env: { V: 'v1' } })).code).toBe(0);
    // As soon as the journal has its last step.
    const late = await ship(['--json'], { cwd, env: { ...env, V: 'v2', LATE: 'touch full' } });
    rmSync(join(cwd, 'full'));
    expect(late.code).not.toBe(0);
    await pushed(cwd);
    const status = JSON.parse((await ship(['status', '--json'], { cwd })).stdout) as { result: { recover: unknown } };
    if (status.result.recover !== null) expect((await ship(['recover', '--forward'], { cwd, env: { V: 'v2' } })).code).toBe(0);
    const listed = JSON.parse((await ship(['--list-snapshots', '--json'], { cwd })).stdout) as { result: unknown[] };
    expect([listed.result.length, world(cwd)]).toEqual([2, 'v2,v2']);
  });
});

describe('given somebody who touches the journal of a run that goes on', () => {
  const JOURNAL = '.speckit/runs/default/$SHIP_RUN/journal.jsonl';
  it.each([
    ['removes it', `rm ${JOURNAL}`],
    ['removes its folder', 'rm -r .speckit/runs/default/$SHIP_RUN'],
    ['removes all runs', 'rm -r .speckit/runs'],
    ['removes the whole state', 'rm -r .speckit/*'],
    ['empties it', `: > ${JOURNAL}`],
    ['cuts it', `truncate -s 100 ${JOURNAL}`],
    ['adds to it', `echo garbage >> ${JOURNAL}`],
    ['puts another in its place', `cp ${JOURNAL} copy && mv copy ${JOURNAL}`],
  ])('when they %s, then the next entry says so, no further step acts, and it is not 0', async (_, hit) => {
    await attempt(async () => {
      for (const FAIL of ['', '1']) {
        const { cwd, code, report } = await struck({ HIT: hit, FAIL });
        expect(code).toBeGreaterThanOrEqual(3);
        expect(JSON.stringify(report.errors)).toMatch(/by somebody else|SHIP_LEASE_LOST/);
        expect(world(cwd)).toBe('v2,v1');
      }
    });
  });
});

it('given a lease that is empty or no lease, when ship runs, then 5 and what to do; released, the next run begins, and the record is kept aside', async () => {
  await attempt(async () => {
    for (const damage of [': >', 'echo "[1]" >', 'echo "{\\"owner\\":{}}" >', 'head -c 300 /dev/urandom >']) {
      const cwd = project(`${CONFIG}# ${damage}\n`);
      await ship([], { cwd, env: { V: 'v1' } });
      execFileSync('sh', ['-c', `${damage} "$(ls -v .speckit/state/default/lease/*.json | tail -1)"`], { cwd });
      const refused = await ship([], { cwd, env: { V: 'v2' } });
      expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining('ship lock release --yes')]);
      expect((await ship(['doctor'], { cwd })).stdout).toContain('damaged');
      expect((await ship(['lock', 'release', '--yes'], { cwd })).stdout).toContain('moved aside');
      expect((await ship([], { cwd, env: { V: 'v2' } })).code).toBe(0);
      expect(existsSync(join(cwd, '.speckit/state/default/lease/2.json.damaged'))).toBe(true);
    }
  });
});
