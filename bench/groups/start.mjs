import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChild, timeChild } from '../lib/children.mjs';
import { ratioAtMost } from '../lib/goals.mjs';
import { packageTool, tool } from '../lib/peers.mjs';
import { PROGRAMS } from '../lib/programs.mjs';
import { node, project, projectOf, SHIP } from '../lib/ship.mjs';

const BASE = 'node empty.cjs';
const FIRST_STEP = "a deploy's way to its first step";

/** How long it takes until something happens. */
export function startGroup({ isSmoke }) {
  const validated = project(isSmoke ? 2 : 50);
  const candidates = [
    start(BASE, node(PROGRAMS.empty)),
    start('ship --version', node(SHIP, '--version')),
    start('ship --help', node(SHIP, '--help'), { cwd: validated }),
    start('ship validate, 50 steps', node(SHIP, 'validate'), { cwd: validated }),
    { name: FIRST_STEP, measure: timeToFirstStep },
    ...peers(),
  ];
  const goals = { 'ship --version': 1.25, 'ship validate, 50 steps': 1.5, [FIRST_STEP]: 2 };
  const rows = candidates.map(({ name }) => ({ candidate: name, ...(goals[name] && { goal: ratioAtMost(goals[name]) }) }));
  return { rounds: 31, warmUp: true, candidates, tables: [{ title: 'Start', unit: 'ms', base: BASE, metric: 'ms', rows }] };
}

function start(name, argv, { cwd, ...more } = {}) {
  return { name, ...more, measure: () => ({ ms: timeChild(argv, { cwd }) }) };
}

function peers() {
  const of = (name, words, { argv, ...found }) => start(`${name} ${words.join(' ')}`, [...argv, ...words], found);
  return [
    of('make', ['--version'], tool('make')),
    of('just', ['--version'], tool('just')),
    of('terraform', ['version'], tool('terraform')),
    of('kubectl', ['version', '--client'], tool('kubectl')),
    of('helm', ['version'], tool('helm')),
    of('ansible', ['--version'], tool('ansible')),
    of('release-it', ['--version'], packageTool('release-it')),
    of('semantic-release', ['--version'], packageTool('semantic-release')),
  ];
}

/**
 * From the spawn of `ship` to what its first step does: tell the wall clock, the only one that `date` and Node share.
 * The few milliseconds until `date` itself runs belong to the way.
 */
function timeToFirstStep() {
  const cwd = projectOf('version: 1\nproject: bench\nsteps:\n  - { id: first, run: "date +%s%N > first-action" }\n');
  const started = nextMillisecond();
  runChild(node(SHIP), { cwd });
  const acted = BigInt(readFileSync(join(cwd, 'first-action'), 'utf8').trim());
  return { ms: Number(acted - BigInt(started) * 1_000_000n) / 1e6 };
}

/** Waits until the clock ticks: only then Date.now() is exact. */
function nextMillisecond() {
  const before = Date.now();
  let now = before;
  while (now === before) now = Date.now();
  return now;
}
