import { runChild } from '../lib/children.mjs';
import { freshFolder } from '../lib/folders.mjs';
import { ratioAtMost } from '../lib/goals.mjs';
import { tool } from '../lib/peers.mjs';
import { PROGRAMS } from '../lib/programs.mjs';
import { node } from '../lib/ship.mjs';

const OWN = "HAProxy's own two commands";
const PATH = 'the longest chain of restores';

/** What a switch of traffic, and a rollback of many components, cost over what cannot be avoided. */
export function rollbackGroup({ isSmoke }) {
  const haproxy = tool('haproxy');
  const count = isSmoke ? 3 : 12;
  const switched = paired('ms', () => numbers(PROGRAMS.instant, freshFolder(), isSmoke ? 2 : 100));
  const rolled = paired('path', () => numbers(PROGRAMS.rollback, freshFolder(), count));
  const missing = haproxy.missing === undefined ? {} : { missing: haproxy.missing };
  const candidates = [
    { name: OWN, ...missing, measure: switched[0] },
    { name: 'the router of ship, read back', ...missing, measure: switched[1] },
    { name: PATH, measure: rolled[1] },
    { name: `ship, ${count} components`, measure: rolled[0] },
  ];
  return {
    rounds: 7,
    candidates,
    tables: [
      {
        title: 'Instant rollback, one switch',
        unit: 'ms',
        base: OWN,
        metric: 'ms',
        rows: [{ candidate: OWN }, { candidate: candidates[1].name, goal: ratioAtMost(1.2) }],
      },
      {
        title: 'Full rollback',
        unit: 'ms',
        base: PATH,
        metric: 'path',
        rows: [{ candidate: PATH }, { candidate: candidates[3].name, goal: ratioAtMost(1.05) }],
      },
    ],
  };
}

/** Both values of a pair come from one run of one program, whichever of them is asked for first. */
function paired(metric, run) {
  let made;
  return [0, 1].map((index) => () => {
    if (made === undefined || made.taken.has(index)) made = { values: run(), taken: new Set() };
    made.taken.add(index);
    return { [metric]: made.values[index] };
  });
}

const numbers = (program, ...args) =>
  runChild(node(program, ...args.map(String)), { read: true })
    .trim()
    .split('\n')
    .map(Number);
