import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { groupAlive } from '@ship/core';
import { FileStore, foldJournal, type JournalEntry, type RunState, readJournal } from '@ship/core/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crashAt, ship } from '../support/ship.js';
import { CRASH_POINTS } from './crash-points.cjs';
import { figuresOf } from './figures.js';
import { configOf, type Pipeline, pipelines, WORLD } from './pipeline.js';
import { isFull, sized } from './size.js';

const PIPELINES = sized(3, 50);
/** Which passing of a boundary is the fatal one. */
const PASSES = isFull ? [1, 2] : [1];
const KILLS_OF_RECOVER = 3;
const SEED = Number(process.env.SHIP_CRASH_SEED ?? 20_261_122);

const figures = figuresOf('A run that is killed, and its recovery', {
  pipelines: 0,
  crashes: 0,
  recoveries: 0,
  killedRecoveries: 0,
  writesOfRecover: 0,
  lostUndo: 0,
  falselyDone: 0,
  orphans: 0,
  notAsBefore: 0,
});

describe('a run that is killed', () => {
  const samples = fc.sample(pipelines, { numRuns: PIPELINES, seed: SEED });
  it.concurrent.each(samples.map((pipeline, index) => [index, pipeline] as const))(
    'given pipeline %i, when ship and then its recovery are killed at each boundary, then `ship recover --back` makes the machine as before',
    async (_, pipeline) => {
      figures.pipelines += 1;
      for (const point of pointsOf(pipeline)) for (const pass of PASSES) await crashAndRecover(pipeline, `${point}:${pass}`);
    },
    sized(180_000, 600_000),
  );
});

describe('a recovery that is killed', () => {
  it.concurrent.each(fc.sample(pipelines, { numRuns: sized(1, 10), seed: SEED + 1 }).map((pipeline, index) => [index, pipeline] as const))(
    'given pipeline %i, when its recovery is killed three times at each of its writes, then the end is the same',
    async (_, pipeline) => {
      const crashed = folderOf(pipeline);
      // The last moment that has something to recover: one flush may bring the result of the last step and the end of the run.
      const last = pipeline.steps.some(({ fails }) => fails) ? 'rollback-started' : `acted:${pipeline.steps.length}`;
      const run = await ship(['--auto-rollback'], { cwd: crashed, env: crashAt(last) });
      expect(run.signal).toBe('SIGKILL');
      for (let write = 1; await killThrice(crashed, pipeline, write); write++) figures.writesOfRecover += 1;
      rmSync(crashed, { recursive: true });
    },
    sized(180_000, 600_000),
  );
});

/** Kills a recovery of the same crash at its nth write, and twice more. False where it has no such write. */
async function killThrice(crashed: string, pipeline: Pipeline, write: number): Promise<boolean> {
  const cwd = mkdtempSync(join(tmpdir(), 'ship-crash-'));
  // Not cpSync: newer versions of Node leave the modes of folders behind, and ship refuses a state that others may read.
  execFileSync('cp', ['-a', `${crashed}/.`, cwd]);
  let killed = 0;
  for (; killed < KILLS_OF_RECOVER; killed++) {
    const recovery = await ship(['recover', '--back'], { cwd, env: crashAt(`journal-synced:${write}`) });
    if (recovery.signal !== 'SIGKILL') break;
    figures.killedRecoveries += 1;
  }
  const last = await ship(['recover', '--back'], { cwd });
  expect(last.code, last.stderr).toBe(0);
  expect(worldOf(cwd), `write ${write}\n${configOf(pipeline)}`).toEqual(pipeline.before);
  rmSync(cwd, { recursive: true });
  return killed > 0;
}

/** Removals are passed only where something was made. */
function pointsOf({ steps }: Pipeline): readonly string[] {
  // What these pipelines do is on this machine.
  const points = Object.keys(CRASH_POINTS).filter((point) => point !== 'target-began');
  return steps.some(({ kind }) => kind === 'made') ? points : points.filter((point) => !/^remove/.test(point));
}

function folderOf(pipeline: Pipeline): string {
  const folder = mkdtempSync(join(tmpdir(), 'ship-crash-'));
  const files = { 'ship.yaml': configOf(pipeline), 'world.mjs': WORLD, ...pipeline.before };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

async function crashAndRecover(pipeline: Pipeline, at: string): Promise<void> {
  const cwd = folderOf(pipeline);
  const told = `${at}\n${configOf(pipeline)}`;
  const first = await ship(['--auto-rollback'], { cwd, env: crashAt(at) });
  if (first.signal === 'SIGKILL') figures.crashes += 1;
  const state = await stateOf(cwd);
  if (state) checkJournal(cwd, state, pipeline, told);
  // Where the boundary came after the end, or never, there is nothing to recover: the run as a whole is taken back.
  const back = state?.status === undefined ? ['recover', '--back'] : ['rollback'];
  for (let kill = 1; kill <= KILLS_OF_RECOVER; kill++) {
    const recovery = await ship(back, { cwd, env: crashAt(`journal-synced:${kill}`) });
    if (recovery.signal !== 'SIGKILL') break;
    figures.killedRecoveries += 1;
  }
  const last = await ship(back, { cwd });
  figures.recoveries += 1;
  expect(last.code, `${told}\n${last.stderr}${last.stdout}`).toBe(0);
  const orphans = (await groupsOf(cwd)).filter(groupAlive);
  figures.orphans += orphans.length;
  expect(orphans, told).toEqual([]);
  const world = worldOf(cwd);
  if (JSON.stringify(world) !== JSON.stringify(pipeline.before)) figures.notAsBefore += 1;
  expect(world, told).toEqual(pipeline.before);
  const again = await ship(['recover'], { cwd });
  expect([again.code, again.stdout], told).toEqual([0, expect.stringContaining('nothing to recover')]);
  rmSync(cwd, { recursive: true });
}

/** At the crash: whatever is changed has its undo on disk, and what the journal calls done is done. */
function checkJournal(cwd: string, state: CrashedState, { steps, before }: Pipeline, told: string): void {
  const world = worldOf(cwd);
  const touched = new Set(steps.filter(({ id }) => state.steps.has(id)).map(({ file }) => file));
  const lost = Object.keys({ ...world, ...before }).filter((file) => world[file] !== before[file] && !touched.has(file));
  figures.lostUndo += lost.length;
  expect(lost, told).toEqual([]);
  const acted = steps.filter(({ id }) => state.steps.has(id));
  // Of the steps that share a file, the last that acted says what is in it.
  const last = acted.filter(({ file }, index) => !acted.slice(index + 1).some((later) => later.file === file));
  const wrong = last.filter(({ id, file, text }) => state.steps.get(id)?.status === 'done' && !state.undoing && world[file] !== text);
  figures.falselyDone += wrong.length;
  expect(wrong, told).toEqual([]);
}

/** A state, and whether a rollback had begun: then what is done may be undone already. */
type CrashedState = RunState & { readonly undoing: boolean };

async function stateOf(cwd: string): Promise<CrashedState | undefined> {
  const entries = await entriesOf(cwd);
  if (entries.length === 0) return undefined;
  return { ...foldJournal(entries), undoing: entries.some(({ type }) => type === 'rollback-started') };
}

async function entriesOf(cwd: string): Promise<readonly JournalEntry[]> {
  const store = new FileStore(join(cwd, '.speckit'));
  const [run] = await store.list('runs/default/');
  return run === undefined ? [] : (await readJournal(store, 'default', run.split('/').at(-1)!)).entries;
}

/** The process groups that the run started. */
async function groupsOf(cwd: string): Promise<number[]> {
  return (await entriesOf(cwd)).flatMap((entry) => (entry.type === 'process' ? [entry.process.pgid] : []));
}

function worldOf(cwd: string): Record<string, string> {
  const names = readdirSync(cwd).filter((name) => /^[a-d]\d?$/.test(name));
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(cwd, name), 'utf8')]));
}
