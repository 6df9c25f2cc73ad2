import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { isShipError, type Lease } from '@ship/core';
import { FileStore } from '@ship/core/kernel';
import { expect, it, onTestFinished, vi } from 'vitest';
import { thisOwner } from '../../packages/core/src/store/liveness.js';
import { ROOT, temporaryFolder } from '../support/ship.js';
import { figuresOf } from './figures.js';
import { sized } from './size.js';

const CONTENDER = join(ROOT, 'packages/core/test/fixtures/contender.mjs');
const HOLDER = join(ROOT, 'test/crash/lease-holder.mjs');
const STOP_BEFORE_BEAT = join(ROOT, 'test/crash/stop-before-beat.cjs');

const CONTENDERS = 50;
const ROUNDS = sized(8, 1000);
const STOPPED = sized(8, 200);
const KILLED = sized(12, 500);
const WATCHED_MS = sized(4_000, 60_000);
/** How many trials run side by side. */
const BESIDE = 4;
const LATEST_TAKEOVER_MS = 5_000;

const figures = figuresOf('Leases', {
  rounds: 0,
  winners: 0,
  stopped: 0,
  staleWrites: 0,
  killed: 0,
  slowestTakeoverMs: 0,
  asked: 0,
  stolen: 0,
});

interface Child {
  readonly process: ChildProcessWithoutNullStreams;
  /** The next line that it says. */
  next(): Promise<string>;
}

function start(...argv: string[]): Child {
  const child = spawn(process.execPath, argv);
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return { process: child, next: async () => (await lines.next()).value };
}

const holder = (folder: string, ttlMs: number, where: string, mode: 'idle' | 'write'): Child =>
  start(HOLDER, folder, String(ttlMs), where, mode);

/** Somebody on a third machine, who sees no process of the holder. */
const ask = (folder: string, run: string): Promise<Lease> =>
  new FileStore(folder).lease('production', { ...thisOwner(run, 'ship'), host: 'third' });

async function askUntilTaken(folder: string, run: string): Promise<Lease> {
  for (;;) {
    try {
      return await ask(folder, run);
    } catch (error) {
      if (!isShipError(error) || error.code !== 'SHIP_LEASE_HELD') throw error;
      await pause(20);
    }
  }
}

/** Runs trials, a few side by side. */
async function trials(count: number, trial: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < count) await trial(next++);
  };
  await Promise.all(Array.from({ length: BESIDE }, work));
}

const stateOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), 'utf8')]),
  );

it(`given ${CONTENDERS} processes and ${ROUNDS} rounds, when all ask at the same moment, then each round has one winner, the others are told who, and tokens only grow`, {
  timeout: sized(60_000, 1_800_000),
}, async () => {
  const folder = temporaryFolder();
  const all = Array.from({ length: CONTENDERS }, () => start(CONTENDER, folder, 'contend'));
  const tokens: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const moment = Date.now() + (round === 0 ? 4_000 : 50);
    for (const { process } of all) process.stdin.write(`ask ${moment}\n`);
    const answers = (await Promise.all(all.map(({ next }) => next()))).map((line) => JSON.parse(line));
    const won = answers.filter(({ token }) => token !== null);
    figures.rounds += 1;
    figures.winners += won.length;
    expect(won).toHaveLength(1);
    expect(answers.filter(({ code }) => code === 'SHIP_LEASE_HELD')).toHaveLength(CONTENDERS - 1);
    tokens.push(won[0].token);
    all.find(({ process }) => process.pid === won[0].pid)!.process.stdin.write('release\n');
    await expect.poll(() => new FileStore(folder).leaseOwner('production'), { interval: 5, timeout: 10_000 }).toBeUndefined();
  }
  expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
  expect(readdirSync(join(folder, 'state/production/lease')).length).toBeLessThanOrEqual(12);
});

it(`given a holder that is stopped while it writes, when its lease is taken over and it wakes, then it is told, and writes nothing: ${STOPPED} times`, {
  timeout: sized(60_000, 1_800_000),
}, async () => {
  await trials(STOPPED, async () => {
    const folder = temporaryFolder();
    const { process, next } = holder(folder, 300, 'second', 'write');
    expect(await next()).toBe('held');
    await pause(20 + Math.random() * 60);
    process.kill('SIGSTOP');
    const lease = await askUntilTaken(folder, 'taker');
    const store = new FileStore(folder);
    await store.put('state/production/deployed-version.json', '{"run":"taker"}', { lease });
    const before = stateOf(folder);
    process.kill('SIGCONT');
    figures.stopped += 1;
    const said = await next();
    const after = stateOf(folder);
    if (JSON.stringify(after) !== JSON.stringify(before)) figures.staleWrites += 1;
    expect(said).toBe('SHIP_LEASE_LOST');
    expect(after).toEqual(before);
    await lease.check();
  });
});

it('given a holder that is stopped in the last moment before a heartbeat, when its lease is taken over and it wakes, then not even that is written', {
  timeout: 60_000,
}, async () => {
  const folder = temporaryFolder();
  const { process, next } = start('--require', STOP_BEFORE_BEAT, HOLDER, folder, '300', 'second', 'idle');
  expect(await next()).toBe('held');
  await vi.waitUntil(() => readFileSync(`/proc/${process.pid}/stat`, 'utf8').includes(') T '), { timeout: 30_000 });
  const lease = await askUntilTaken(folder, 'taker');
  const before = stateOf(folder);
  process.kill('SIGCONT');
  await pause(500);
  expect(stateOf(folder)).toEqual(before);
  await lease.check();
});

it(`given a holder that is killed, here or on another machine, when another asks, then it takes over, at once or after the ttl: ${KILLED} times`, {
  timeout: sized(60_000, 1_800_000),
}, async () => {
  const ttlMs = 300;
  await trials(KILLED, async (index) => {
    const folder = temporaryFolder();
    const here = index % 2 === 0;
    const { process, next } = holder(folder, ttlMs, here ? 'here' : 'second', 'write');
    expect(await next()).toBe('held');
    await pause(Math.random() * 60);
    const gone = once(process, 'exit');
    process.kill('SIGKILL');
    await gone;
    const killed = performance.now();
    const lease = here ? await new FileStore(folder).lease('production', thisOwner('taker', 'ship')) : await askUntilTaken(folder, 'taker');
    const took = performance.now() - killed;
    figures.killed += 1;
    figures.slowestTakeoverMs = Math.max(figures.slowestTakeoverMs, Math.round(took));
    expect(took).toBeLessThan(ttlMs + LATEST_TAKEOVER_MS);
    expect(lease.previous?.run).toBe(`run-${process.pid}`);
    await new FileStore(folder).put('state/production/deployed-version.json', '{}', { lease });
  });
});

it('given holders that live, here and on another machine, when others ask all the time for longer than their ttl, then no lease is stolen', {
  timeout: sized(60_000, 300_000),
}, async () => {
  const ttlMs = 1_500;
  await Promise.all(
    ['here', 'second'].map(async (where) => {
      const folder = temporaryFolder();
      const { next, process } = holder(folder, ttlMs, where, 'idle');
      expect(await next()).toBe('held');
      for (const until = performance.now() + WATCHED_MS; performance.now() < until; ) {
        figures.asked += 1;
        const stolen = await ask(folder, 'thief').then(
          () => 1,
          () => 0,
        );
        figures.stolen += stolen;
        expect(stolen).toBe(0);
        await pause(10);
      }
      expect((await new FileStore(folder).leaseOwner('production'))?.run).toBe(`run-${process.pid}`);
    }),
  );
});
