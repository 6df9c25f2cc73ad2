import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from '../lib/children.mjs';
import { freshFolder } from '../lib/folders.mjs';
import { valueAtMost } from '../lib/goals.mjs';
import { PROGRAMS } from '../lib/programs.mjs';
import { node, project, SHIP } from '../lib/ship.mjs';

const BASE = 'node empty.cjs';

/** The most memory that the process itself ever had resident. A spawn costs more the larger that is. */
export function rssGroup({ isSmoke }) {
  const count = isSmoke ? 4 : 1000;
  const ofSteps = (steps) => `ship, ${steps} step${steps === 1 ? '' : 's'}`;
  const candidates = [
    { name: BASE, measure: () => peakOf([PROGRAMS.empty]) },
    { name: `bare spawn loop, ${count} times`, measure: () => peakOf([PROGRAMS.bareLoop, count, 1]) },
    { name: `listr2, ${count} tasks`, measure: () => peakOf([PROGRAMS.listr2Loop, count, 1]) },
    { name: 'ship --version', measure: () => peakOf([SHIP, '--version']) },
    { name: ofSteps(1), measure: () => peakOf([SHIP], project(1)) },
    { name: ofSteps(count), measure: () => peakOf([SHIP], project(count)) },
  ];
  const rows = candidates.map(({ name }) => ({ candidate: name, ...(name === ofSteps(count) && { goal: valueAtMost(110, 'MiB') }) }));
  return { rounds: 3, candidates, tables: [{ title: 'Peak resident set', unit: 'MiB', base: BASE, metric: 'mib', rows }] };
}

function peakOf(words, cwd = freshFolder()) {
  const file = join(freshFolder(), 'peak');
  runChild(node('--require', PROGRAMS.peak, ...words), { cwd, env: { BENCH_PEAK_FILE: file } });
  return { mib: Number(readFileSync(file, 'utf8')) / 1024 };
}
