import { join } from 'node:path';
import { runChild } from '../lib/children.mjs';
import { freshFolder } from '../lib/folders.mjs';
import { ratioAtLeast, ratioAtMost } from '../lib/goals.mjs';
import { library, tool } from '../lib/peers.mjs';
import { PROGRAMS } from '../lib/programs.mjs';
import { node } from '../lib/ship.mjs';
import { quantile } from '../lib/statistics.mjs';

const C = 'C: write, fdatasync';
const NODE = 'Node: writeSync, fdatasyncSync';
const SQLITE = 'better-sqlite3, WAL, FULL';
const APPENDER = 'ship FileAppender.append';
const JOURNAL = 'ship Journal.append';
const TEN = ', 10 writers';

/** Durable appends of records of 200 bytes, each in a fresh folder. */
export function journalGroup({ isSmoke }) {
  const count = isSmoke ? 20 : 1000;
  const compiler = tool('cc');
  const sqlite = library('better-sqlite3');
  const inNode = (kind, writers = 1, folder = '') => measured((work) => node(PROGRAMS.append, kind, work, count, writers, folder));
  const inC = compiled(compiler);
  const candidates = [
    { name: C, ...compiler, measure: measured((work) => [inC(), work, count]) },
    { name: NODE, measure: inNode('node') },
    { name: APPENDER, measure: inNode('appender') },
    { name: JOURNAL, measure: inNode('journal') },
    { name: SQLITE, ...sqlite, measure: inNode('sqlite', 1, sqlite.folder) },
    { name: APPENDER + TEN, measure: inNode('appender', 10) },
    { name: JOURNAL + TEN, measure: inNode('journal', 10) },
  ];
  return { rounds: 7, warmUp: true, candidates, tables: tables(compiler.missing === undefined ? C : NODE) };
}

/** Where there is no compiler, Node's own calls are the limit. */
function tables(base) {
  const of = (goals) =>
    [C, NODE, APPENDER, JOURNAL, SQLITE].map((candidate) => ({ candidate, ...(goals[candidate] && { goal: goals[candidate] }) }));
  const all = (goal) => of({ [APPENDER]: goal, [JOURNAL]: goal });
  const ofSqlite = [APPENDER, JOURNAL].map((candidate) => ({ candidate }));
  const ofOne = [APPENDER, JOURNAL].map((one) => ({ candidate: one + TEN, base: one, goal: ratioAtLeast(5) }));
  return [
    { title: 'Journal, a durable append, p50', unit: 'µs', base, metric: 'p50', rows: all(ratioAtMost(1.15)) },
    { title: 'Journal, p50 of SQLite', unit: 'µs', base: SQLITE, metric: 'p50', rows: ofSqlite },
    { title: 'Journal, a durable append, p99', unit: 'µs', base, metric: 'p99', rows: of({}) },
    { title: 'Journal, records a second', unit: '1/s', base, metric: 'perSecond', rows: of({}) },
    { title: 'Journal, records a second, 10 writers of one', unit: '1/s', metric: 'perSecond', rows: ofOne },
  ];
}

function measured(argvFor) {
  return () => {
    const [whole, ...took] = runChild(argvFor(freshFolder()), { read: true }).trim().split('\n').map(Number);
    return { p50: quantile(took, 0.5) / 1e3, p99: quantile(took, 0.99) / 1e3, perSecond: (took.length / whole) * 1e9 };
  };
}

/** Compiles the C program when it is first asked for. */
function compiled({ argv }) {
  let path;
  return () => {
    if (path === undefined) {
      path = join(freshFolder(), 'append');
      runChild([...argv, '-O2', '-o', path, PROGRAMS.appendInC]);
    }
    return path;
  };
}
