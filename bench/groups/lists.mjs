import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { writeSnapshot } from '../../plugins/snapshots/dist/file.js';
import { runChild, timeChild } from '../lib/children.mjs';
import { freshFolder } from '../lib/folders.mjs';
import { ratioAtMost } from '../lib/goals.mjs';
import { PROGRAMS } from '../lib/programs.mjs';
import { node, projectOf, SHIP } from '../lib/ship.mjs';

const BASE = 'node empty.cjs';
const COMPONENTS = 12;

/** What it costs to list many snapshots of 4 KB. */
export async function listsGroup({ isSmoke }) {
  const count = isSmoke ? 30 : 10_000;
  const project = projectOf('version: 1\nproject: bench\nsteps: [{ id: a, run: "true" }]\n');
  const state = join(project, '.speckit');
  fill(join(state, 'snapshots/default'), count);
  // Else the disk would write them while others are measured.
  runChild(['sync']);
  const program = await bundle(PROGRAMS.listSnapshots, state);
  const listing = (newest) => node(PROGRAMS.cached, program, `${program}.${newest}.cache`, state, newest);
  // In V8's code cache is what a list of that kind runs.
  for (const newest of ['20', 'all']) runChild(listing(newest));
  const list = (newest) => () => ({ ms: timeChild(listing(newest)) });
  const ship =
    (...words) =>
    () => ({ ms: timeChild(node(SHIP, ...words), { cwd: project }) });
  const candidates = [
    { name: BASE, measure: () => ({ ms: timeChild(node(PROGRAMS.empty)) }) },
    { name: 'the last 20', measure: list('20') },
    { name: `all ${count}`, measure: list('all') },
    { name: 'ship validate', measure: ship('validate') },
    { name: 'ship snapshots list', measure: ship('snapshots', 'list') },
    { name: 'ship snapshots list all', measure: ship('snapshots', 'list', 'all') },
  ];
  const goals = { 'the last 20': 1.1, [`all ${count}`]: 1.8 };
  const rows = candidates.map(({ name }) => ({ candidate: name, ...(goals[name] && { goal: ratioAtMost(goals[name]) }) }));
  return {
    rounds: 61,
    warmUp: true,
    candidates,
    tables: [{ title: `Lists, ${count} snapshots`, unit: 'ms', base: BASE, metric: 'ms', rows }],
  };
}

/** In one file, as the command is: else the loading of a hundred modules would be measured. The first run makes the index. */
async function bundle(program, state) {
  const outfile = join(freshFolder(), 'list.cjs');
  await build({ bundle: true, platform: 'node', format: 'cjs', minify: true, entryPoints: [program], outfile });
  runChild(node(outfile, state, 'all'));
  return outfile;
}

function fill(into, count) {
  mkdirSync(into, { recursive: true, mode: 0o700 });
  for (let index = 0; index < count; index += 1) {
    const time = new Date(Date.UTC(2026, 0, 1) + index * 60_000).toISOString();
    const id = `snapshot-${time.replaceAll(':', '-')}-bench${index}`;
    writeFileSync(join(into, `${id}.json`), writeSnapshot(snapshotOf(id, time, index)), { mode: 0o600 });
  }
}

/** About 4 KB, as one with twelve components is. Each has a version of its own, and so has one component: the index says once what is the same. */
function snapshotOf(id, timestamp, count) {
  const state = { config_hash: 'f'.repeat(64), healthy: true, driver: { release: 'r'.repeat(120) } };
  const deployed = (index) => count - ((count + COMPONENTS - index) % COMPONENTS);
  const componentOf = (_, index) => [`component-${index}`, { version: `1.2.${Math.max(0, deployed(index))}`, ...state }];
  const components = Object.fromEntries(Array.from({ length: COMPONENTS }, componentOf));
  const nothing = { terraform: null, helm_values: null, migrations: null, config: {}, git_sha: null, run: null, notes: [] };
  const verification = { smoke: true, acceptance: null, security: null, performance: null };
  return {
    format: 1,
    id,
    project: 'bench',
    environment: 'default',
    timestamp,
    version: `1.2.${count}`,
    components,
    verification,
    rollback_safe: true,
    created_by: 'bench',
    ...nothing,
  };
}
