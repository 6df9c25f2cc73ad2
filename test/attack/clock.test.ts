import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { orderOf, type Report, type Snapshot } from '@ship/core';
import { describe, expect, it } from 'vitest';
import { crashAt, type Ended, project, ROOT, ship } from '../support/ship.js';
import { attemptsIn } from './figures.js';

const CONFIG = `version: 1
project: clock
optimization: { rollback: { snapshot_count: 2 } }
steps:
  - { id: a, capture: cat a, run: 'echo $V > a', undo: 'echo "$SHIP_CAPTURE" > a' }
  - { id: f, run: 'test -z "$FAIL"', undo: "true" }
verify: { smoke: [{ run: "true" }] }
`;
const { attempt } = attemptsIn('clocks that were set back, or forward for a while');

/** Runs ship with a clock that is off by so many milliseconds. */
function at(off: number, cwd: string, args: string[], env: Record<string, string> = {}): Promise<Ended> {
  const options = [env.NODE_OPTIONS, `--require=${join(ROOT, 'test/attack/clock.cjs')}`].filter(Boolean).join(' ');
  return ship(args, { cwd, env: { ...env, SHIP_TEST_CLOCK: String(off), NODE_OPTIONS: options } });
}

const live = (cwd: string): string => readFileSync(join(cwd, 'a'), 'utf8').trim();
const MINUTE = 60_000;

describe.each([
  ['a day', -24 * 60 * MINUTE],
  ['ten minutes', -10 * MINUTE],
  ['three seconds', -3_000],
])('given a clock that is set back by %s between two runs', (_, off) => {
  it('when the second one is killed, then it is the one that is recovered, and the next ones go on from there', async () => {
    const cwd = project(CONFIG, { a: 'v0' });
    await attempt(async () => {
      expect((await at(0, cwd, [], { V: 'v1' })).code).toBe(0);
      expect((await at(off, cwd, [], { V: 'v2', ...crashAt('acted') })).signal).toBe('SIGKILL');
      expect((await at(off, cwd, ['status'])).stdout).toContain('ship recover');
      const recovered = await at(off, cwd, ['recover', '--back']);
      expect([recovered.code, live(cwd)], recovered.stdout).toEqual([0, 'v1']);

      expect((await at(off, cwd, ['--auto-rollback'], { V: 'v3' })).code).toBe(0);
      const listed = JSON.parse((await at(off, cwd, ['--list-snapshots', '--json'])).stdout) as { result: Snapshot[] };
      const failed = await at(off, cwd, ['--auto-rollback', '--json'], { V: 'v4', FAIL: '1' });
      const report = JSON.parse(failed.stdout) as Report;
      expect([failed.code, live(cwd), report.rollback?.target?.id]).toEqual([1, 'v3', listed.result[0]?.id]);
    });
  });

  it('when the last run is taken back, then it is the second one, and its captures are those that count', async () => {
    const cwd = project(CONFIG, { a: 'v0' });
    await attempt(async () => {
      for (const [clock, version] of [
        [0, 'v1'],
        [off, 'v2'],
      ] as const)
        expect((await at(clock, cwd, [], { V: version })).code).toBe(0);
      expect((await at(off, cwd, ['rollback'])).code).toBe(0);
      expect(live(cwd)).toBe('v1');
    });
  });
});

it('given a clock that was a day ahead for one run, when others follow, then the newest snapshots stay, and history has the order in which things were', async () => {
  const cwd = project(CONFIG, { a: 'v0' });
  await attempt(async () => {
    const runs: string[] = [];
    for (const [clock, version] of [
      [24 * 60 * MINUTE, 'v1'],
      [0, 'v2'],
      [0, 'v3'],
      [0, 'v4'],
    ] as const) {
      const { stdout } = await at(clock, cwd, ['--json'], { V: version });
      runs.unshift((JSON.parse(stdout) as Report).run!);
    }
    const history = JSON.parse((await at(0, cwd, ['history', '--json'])).stdout) as { result: { run: string }[] };
    expect(history.result.map(({ run }) => run)).toEqual(runs);
    const listed = JSON.parse((await at(0, cwd, ['--list-snapshots', '--json'])).stdout) as { result: Snapshot[] };
    expect(listed.result.map(({ id }) => orderOf(id))).toEqual(runs.slice(0, 2).map(orderOf));
  });
});

it('given old runs that somebody deleted, when another run ends, then its snapshot is the newest', async () => {
  const cwd = project(CONFIG, { a: 'v0' });
  await attempt(async () => {
    await at(0, cwd, [], { V: 'v1' });
    await at(0, cwd, [], { V: 'v2' });
    rmSync(join(cwd, '.speckit/runs'), { recursive: true });
    rmSync(join(cwd, '.speckit/state/default/lease'), { recursive: true });
    const { stdout } = await at(-MINUTE, cwd, ['--json'], { V: 'v3' });
    const listed = JSON.parse((await at(0, cwd, ['--list-snapshots', '--json'])).stdout) as { result: Snapshot[] };
    expect(orderOf(listed.result[0]!.id)).toBe(orderOf((JSON.parse(stdout) as Report).run!));
  });
});
