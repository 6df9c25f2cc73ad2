import { runChild } from '../lib/children.mjs';
import { valueAtMost } from '../lib/goals.mjs';
import { PROGRAMS } from '../lib/programs.mjs';
import { node } from '../lib/ship.mjs';

const BASE = '10 bare awaited no-ops';

const CANDIDATES = [
  { name: BASE, kind: 'bare' },
  { name: '10 taps, tapable alone', kind: 'alone' },
  { name: 'ship, a hook without taps', kind: 'unused' },
  { name: 'ship, 10 taps, settle-all', kind: 'settleAll', goal: valueAtMost(1, 'µs') },
  { name: 'ship, 10 taps, bail', kind: 'bail', goal: valueAtMost(1, 'µs') },
];

/** What a call of a hook costs over awaiting nothing, with ten promise taps that do nothing. */
export function hooksGroup({ isSmoke }) {
  const count = isSmoke ? 1000 : 100_000;
  const candidates = CANDIDATES.map(({ name, kind }) => ({ name, measure: () => callOf(kind, count) }));
  const rows = CANDIDATES.map(({ name, goal }) => ({ candidate: name, goal }));
  const title = 'Hooks, a call, over one awaited no-op';
  return { rounds: 7, candidates, tables: [{ title, unit: 'µs', base: BASE, metric: 'over', rows }] };
}

/** Each kind in a process of its own, so that none profits from what V8 learnt of another. */
function callOf(kind, count) {
  const [call, nothing] = runChild(node(PROGRAMS.hooks, kind, count), { read: true })
    .trim()
    .split('\n')
    .map(Number);
  return { over: call - nothing };
}
