import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChild, timeChild } from '../lib/children.mjs';
import { freshFolder } from '../lib/folders.mjs';
import { valueAtMost } from '../lib/goals.mjs';
import { packageTool, tool } from '../lib/peers.mjs';
import { PROGRAMS } from '../lib/programs.mjs';
import { node, project, projectOf, SHIP } from '../lib/ship.mjs';

const BASE = 'node empty.cjs';
const FIRST_STEP = "a deploy's way to its first step";
const FIRST_START = 'ship validate, 50 steps, the first start after an install';

/** How long it takes until something happens. */
export function startGroup({ isSmoke }) {
  const cwd = project(isSmoke ? 2 : 50);
  const cached = { XDG_CACHE_HOME: freshFolder() };
  const ship = (name, words, env = () => cached) => overEmpty(name, () => timeChild(node(SHIP, ...words), { cwd, env: env() }));
  const ours = [
    ship('ship --version', ['--version']),
    ship('ship --help', ['--help']),
    ship('ship validate, 50 steps', ['validate']),
    ship(FIRST_START, ['validate'], () => ({ XDG_CACHE_HOME: freshFolder() })),
    ship('ship validate, 50 steps, where no cache can be kept', ['validate'], () => ({ XDG_CACHE_HOME: '/dev/null' })),
    overEmpty(FIRST_STEP, () => timeToFirstStep(cached)),
  ];
  const candidates = [start(BASE, node(PROGRAMS.empty)), ...ours, ...peers()];
  const goals = { 'ship --version': 10, 'ship validate, 50 steps': 40, [FIRST_START]: 100, [FIRST_STEP]: 50 };
  const over = ours.map(({ name }) => ({ candidate: name, ...(goals[name] && { goal: valueAtMost(goals[name], 'ms') }) }));
  return {
    rounds: 31,
    warmUp: true,
    candidates,
    tables: [
      { title: 'Over an empty start', unit: 'ms', metric: 'over', rows: over },
      { title: 'Start', unit: 'ms', base: BASE, metric: 'ms', rows: candidates.map(({ name }) => ({ candidate: name })) },
    ],
  };
}

const start = (name, argv, { cwd, ...more } = {}) => ({ name, ...more, measure: () => ({ ms: timeChild(argv, { cwd }) }) });

/** Each next to an empty start of its own: what drifts on the machine between two of them is small. */
function overEmpty(name, time) {
  const measure = () => {
    const [empty, ms] = [timeChild(node(PROGRAMS.empty)), time()];
    return { ms, over: ms - empty };
  };
  return { name, measure };
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
function timeToFirstStep(env) {
  const cwd = projectOf('version: 1\nproject: bench\nsteps:\n  - { id: first, run: "date +%s%N > first-action" }\n');
  const started = nextMillisecond();
  runChild(node(SHIP), { cwd, env });
  const acted = BigInt(readFileSync(join(cwd, 'first-action'), 'utf8').trim());
  return Number(acted - BigInt(started) * 1_000_000n) / 1e6;
}

/** Waits until the clock ticks: only then Date.now() is exact. */
function nextMillisecond() {
  const before = Date.now();
  let now = before;
  while (now === before) now = Date.now();
  return now;
}
