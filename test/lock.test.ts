import { existsSync, readdirSync, utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { LeaseOwner } from '@ship/core';
import { FileStore } from '@ship/core/kernel';
import { describe, expect, it } from 'vitest';
import { thisOwner } from '../packages/core/src/store/liveness.js';
import { project, ship, shipJson } from './support/ship.js';
import { started } from './support/started.js';

const CONFIG = 'version: 1\nproject: shop\nsteps:\n  - { id: one, run: echo 1 > one }\n';
const FREE_PID = 2 ** 22 - 1;

/** A project whose environment is held by somebody. */
async function held(by: Partial<LeaseOwner> = {}) {
  const cwd = project(CONFIG);
  const store = new FileStore(join(cwd, '.speckit'));
  const lease = await store.lease('default', { ...thisOwner('run-of-another', 'ship --env default'), ...by });
  return { cwd, store, lease, deployed: () => existsSync(join(cwd, 'one')) };
}

const elsewhere = { host: 'ci-7' };

/** The heartbeat of the first holder was that long ago. */
function silentFor(cwd: string, seconds: number): void {
  const at = Date.now() / 1000 - seconds;
  utimesSync(join(cwd, '.speckit/state/default/lease/1.json'), at, at);
}

const waits = /waiting for default: it is being deployed by .*\(run run-of-another\)/g;

describe('--lock-wait', () => {
  it('given an environment that is held, when ship may not wait, then 5, and it names owner, host, pid, since and command, and how to free it', async () => {
    const { cwd, lease, deployed } = await held();
    const { report } = await shipJson([], { cwd });
    const { user, pid, since } = lease.owner;
    expect(report).toMatchObject({ exit_code: 5, status: 'refused', errors: [{ code: 'SHIP_LEASE_HELD' }] });
    const [{ message, hint }] = report.errors as [{ message: string; hint: string }];
    for (const told of [`${user}@${hostname()}`, `(pid ${pid})`, since, 'ship --env default', 'run-of-another'])
      expect(message).toContain(told);
    for (const told of ['--lock-wait', 'ship lock status', 'ship lock release --env default']) expect(hint).toContain(told);
    expect(deployed()).toBe(false);
  });

  it.each([
    [['--lock-wait', '1m'], {}],
    [['--json'], { SHIP_LOCK_WAIT: '1m' }],
  ])(
    'given an environment that is held, when `ship %s` waits and it is given back, then it deploys, and has said once for whom it waits',
    async (args, env) => {
      const { cwd, lease, deployed } = await held();
      const { said, end } = started(args, cwd, env);
      const told = () => `${said.stdout}${said.stderr}`.match(waits) ?? [];
      await expect.poll(told, { timeout: 10_000 }).toHaveLength(1);
      await new Promise((yes) => setTimeout(yes, 500));
      expect(deployed()).toBe(false);
      await lease.release();
      expect(await end).toMatchObject({ code: 0 });
      expect(told()).toHaveLength(1);
      expect(deployed()).toBe(true);
    },
  );

  it('given an environment that stays held, when the time is over, then 5', async () => {
    const { cwd } = await held();
    const { report, duration } = await timed(() => shipJson(['--lock-wait', '400ms'], { cwd }));
    expect(report).toMatchObject({
      exit_code: 5,
      errors: [{ code: 'SHIP_LEASE_HELD', message: expect.stringContaining('waited 0.4 s for it') }],
    });
    expect(duration).toBeGreaterThan(400);
  });

  it('given a ship that waits, when Ctrl-C comes, then 130, one document, and nothing was touched', async () => {
    const { cwd, store } = await held();
    const { child, said, end } = started(['--lock-wait', '1m', '--json'], cwd);
    await expect.poll(() => said.stderr.match(waits), { timeout: 10_000 }).toHaveLength(1);
    child.kill('SIGINT');
    const ended = await end;
    expect(ended.code).toBe(130);
    expect(JSON.parse(ended.stdout)).toMatchObject({ exit_code: 130, status: 'interrupted', run: null });
    expect((await store.leaseOwner('default'))?.run).toBe('run-of-another');
    expect(readdirSync(join(cwd, '.speckit'))).toEqual(['state']);
  });

  it.each([
    [['--lock-wait', '5'], {}, '--lock-wait "5"'],
    [['--lock-wait=soon'], {}, '--lock-wait "soon"'],
    [['--lock-wait='], {}, '--lock-wait ""'],
    [['validate'], { SHIP_LOCK_WAIT: '-1s' }, 'SHIP_LOCK_WAIT "-1s"'],
  ])('given `ship %s` with %j, when it ends, then 2, with the value and an example', async (args, env, told) => {
    const cwd = project(CONFIG);
    const { report } = await shipJson(args, { cwd, env });
    expect(report).toMatchObject({
      exit_code: 2,
      errors: [{ code: 'SHIP_USAGE', message: `${told}: this is not a duration`, hint: expect.stringContaining('`2m`') }],
    });
    expect(readdirSync(cwd)).toEqual(['ship.yaml']);
  });
});

async function timed<T extends object>(work: () => Promise<T>): Promise<T & { duration: number }> {
  const begun = performance.now();
  return { ...(await work()), duration: performance.now() - begun };
}

describe('ship lock', () => {
  it('given nobody who deploys, when the lock is shown and released, then it is free, with 0, and nothing is made', async () => {
    const cwd = project(CONFIG);
    expect((await shipJson(['lock', 'status'], { cwd })).report).toMatchObject({ command: 'lock', result: { held: false, holder: null } });
    expect((await ship(['lock'], { cwd })).stdout).toBe('✓ default is free\n');
    expect((await shipJson(['lock', 'release'], { cwd })).report).toMatchObject({
      exit_code: 0,
      result: { released: false, holder: null },
    });
    expect((await ship(['lock', 'release'], { cwd })).stdout).toContain('there is nothing to release');
    expect(readdirSync(cwd)).toEqual(['ship.yaml']);
  });

  it.each([
    ['alive', {}, 0, 'alive: its process runs'],
    ['dead', { pid: FREE_PID }, 0, 'dead: its process is gone'],
    ['unproven', elsewhere, 20, 'not provable from here: it runs on ci-7; its last heartbeat is 2'],
    ['dead', elsewhere, 3 * 3600, 'dead: it runs on ci-7, and its heartbeat has stopped; its last heartbeat is 3h old'],
  ])(
    'given a holder that is %s, when the lock is shown, then it says who, since when, and how that is known',
    async (liveness, by, silent, told) => {
      const { cwd, lease } = await held(by);
      silentFor(cwd, silent);
      const { user, host, pid, since } = lease.owner;
      expect((await shipJson(['lock', 'status'], { cwd })).report.result).toMatchObject({
        held: true,
        holder: { liveness, user, host, pid, since, command: 'ship --env default', run: 'run-of-another', token: 1 },
      });
      const { stdout } = await ship(['lock', 'status'], { cwd });
      expect(stdout).toContain(`default is held by ${user}@${host} (pid ${pid}) since ${since}`);
      expect(stdout).toContain(told);
    },
  );

  it('given a holder that is alive, when the lock is released, even with --yes, then it is refused with 5, and stays held', async () => {
    const { cwd, lease } = await held();
    for (const args of [[], ['--yes']])
      expect((await shipJson(['lock', 'release', ...args], { cwd })).report).toMatchObject({
        exit_code: 5,
        errors: [{ code: 'SHIP_LEASE_ALIVE' }],
      });
    await lease.check();
  });

  it('given a holder of which nobody can tell, when the lock is released, then it needs a yes; then the holder has lost it, and the next run is told of what was not ended', async () => {
    const { cwd, store, lease } = await held(elsewhere);
    expect((await shipJson(['lock', 'release'], { cwd })).report).toMatchObject({
      exit_code: 2,
      errors: [{ code: 'SHIP_QUESTION_UNANSWERED', message: expect.stringContaining('@ci-7'), hint: expect.stringContaining('--yes') }],
    });
    await lease.check();
    expect((await shipJson(['lock', 'release', '--yes'], { cwd })).report).toMatchObject({
      exit_code: 0,
      result: { released: true, holder: { run: 'run-of-another', liveness: 'unproven' } },
    });
    await expect(lease.check()).rejects.toMatchObject({ code: 'SHIP_LEASE_LOST' });
    await expect(store.put('k', 'v', { lease })).rejects.toMatchObject({ code: 'SHIP_LEASE_LOST' });
    expect((await store.lease('default', lease.owner)).previous?.run).toBe('run-of-another');
  });

  it.each([
    ['whose process is gone', { pid: FREE_PID }, 0],
    ['whose heartbeat has stopped', elsewhere, 61],
  ])('given a holder %s, when the lock is released, then nobody is asked', async (_, by, silent) => {
    const { cwd, store } = await held(by);
    silentFor(cwd, silent);
    expect((await ship(['lock', 'release'], { cwd })).code).toBe(0);
    expect(await store.leaseOwner('default')).toBeUndefined();
  });

  it.each([[['lock', 'stats']], [['lock', 'status', 'now']], [['lock', 'release', 'all']]])(
    'given `ship %s`, when it ends, then 2, and it says what there is',
    async (args) => {
      const ended = await ship(args, { cwd: project(CONFIG) });
      expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining('`ship lock status`, or `ship lock release`') });
    },
  );
});
