import { readSchema, schemaDifferences } from '../database/catalog.js';
import type { Connection } from '../database/connection.js';
import type { Migration, Script } from '../migration.js';
import { parseScript } from '../sql/parser.js';
import { lost, makeRows, readRows } from './rows.js';
import type { Scratch } from './scratch.js';

/** What came of a pair when it was tried. */
export interface Rehearsed {
  readonly id: string;
  readonly name: string;
  /** `exact`: after the down all is as before the up. `none`: there is no down. `not-rehearsed`: nobody knows. */
  readonly verdict: 'exact' | 'differs' | 'fails' | 'none' | 'not-rehearsed';
  /** How it differs, or why it fails or was not rehearsed. */
  readonly differences: readonly string[];
  /** What was written after the up, and is gone after the down. */
  readonly loses: readonly string[];
  /** Tables that no row could be made up for: what is lost of them was not seen. */
  readonly without_rows: readonly string[];
}

/** Tries each of `judged` in a database of its own, after those before them were applied. `loadParser` comes first. */
export async function rehearse(
  scratch: Scratch,
  { before, judged }: { readonly before: readonly Migration[]; readonly judged: readonly Migration[] },
  onEach: (rehearsed: Rehearsed) => void,
): Promise<Rehearsed[]> {
  const all: Rehearsed[] = [];
  const say = (rehearsed: Rehearsed) => {
    all.push(rehearsed);
    onEach(rehearsed);
  };
  const applied: Migration[] = [];
  let stopped: string | undefined;
  for (const migration of [...before, ...judged]) {
    const isJudged = !before.includes(migration);
    const { id, name } = migration;
    const not = (why: string): Rehearsed => ({ id, name, verdict: 'not-rehearsed', differences: [why], loses: [], without_rows: [] });
    if (stopped !== undefined) {
      if (isJudged) say(not(stopped));
      continue;
    }
    const opaque = opaqueIn(migration.up);
    if (isJudged && opaque === undefined) say(await tried(scratch, migration, applied));
    const problem = opaque ?? (await refused(() => runScripts(scratch.connection, migration.up)));
    if (problem !== undefined) {
      if (isJudged && opaque !== undefined) say(not(opaque));
      stopped = `${id} before it could not be applied: ${problem}`;
    }
    applied.push(migration);
  }
  return all;
}

const opaqueIn = (scripts: readonly Script[]): string | undefined => scripts.find(({ opaque }) => opaque !== undefined)?.opaque;

async function tried(scratch: Scratch, migration: Migration, applied: readonly Migration[]): Promise<Rehearsed> {
  const { id, name, down } = migration;
  const ended = (verdict: Rehearsed['verdict'], why: string): Rehearsed => ({
    id,
    name,
    verdict,
    differences: [why],
    loses: [],
    without_rows: [],
  });
  if (typeof down === 'string') return ended('none', down === 'none' ? 'there is no down' : 'it is marked as one that cannot be undone');
  const opaque = opaqueIn(down);
  if (opaque !== undefined) return ended('not-rehearsed', opaque);
  const pair = { up: migration.up, down };
  const outcome = await attempted(scratch, pair, applied, true);
  // It may not get along with rows that were made up.
  const last = typeof outcome === 'string' ? await attempted(scratch, pair, applied, false) : outcome;
  return typeof last === 'string' ? ended('not-rehearsed', `its up fails: ${last}`) : { id, name, ...last };
}

type Pair = { readonly up: readonly Script[]; readonly down: readonly Script[] };
type Outcome = Omit<Rehearsed, 'id' | 'name'>;

/**
 * Tries a pair twice, and leaves the database as it was: with the rows of before alone, and with rows that were written after
 * the up. What triggers make of those is not what the migration has done. Answers what came of it, or why the up fails.
 */
async function attempted(scratch: Scratch, pair: Pair, applied: readonly Migration[], hasRows: boolean): Promise<Outcome | string> {
  const first = await trial(scratch, pair, applied, { hasRows, writes: false });
  if (typeof first === 'string' || first.verdict === 'fails') return first;
  const second = await trial(scratch, pair, applied, { hasRows, writes: true });
  if (typeof second === 'string') return second;
  if (second.verdict === 'fails')
    return { ...second, differences: second.differences.map((each) => `with what was written since: ${each}`) };
  return { ...first, loses: second.loses, without_rows: [...new Set([...first.without_rows, ...second.without_rows])] };
}

async function trial(
  scratch: Scratch,
  { up, down }: Pair,
  applied: readonly Migration[],
  { hasRows, writes }: { readonly hasRows: boolean; readonly writes: boolean },
): Promise<Outcome | string> {
  const isWhole = [...up, ...down].every(isInTransaction);
  const { connection } = scratch;
  try {
    await connection.run('BEGIN');
    const bare = hasRows ? await makeRows(connection, 1) : ['any table before the up, which fails on rows that are there'];
    await connection.run(isWhole ? 'SET CONSTRAINTS ALL IMMEDIATE' : 'COMMIT');
    const [schema, rows] = [await readSchema(connection), await readRows(connection)];
    const upFailed = await refused(() => runScripts(connection, up, isWhole));
    if (upFailed !== undefined) return upFailed;
    if (!isWhole) await connection.run('BEGIN');
    const bareAfter = writes ? await makeRows(connection, 101) : [];
    await connection.run(isWhole ? 'SET CONSTRAINTS ALL IMMEDIATE' : 'COMMIT');
    const between = await readRows(connection);
    const downFailed = await refused(() => runScripts(connection, down, isWhole));
    if (downFailed !== undefined) return { verdict: 'fails', differences: [downFailed], loses: [], without_rows: [] };
    const [schemaAfter, last] = [await readSchema(connection), await readRows(connection)];
    const differences = [...schemaDifferences(schema, schemaAfter), ...lost(rows, last)];
    const without_rows = [...new Set([...bare, ...bareAfter])];
    return { verdict: differences.length === 0 ? 'exact' : 'differs', differences, loses: lost(between, last), without_rows };
  } finally {
    if (isWhole) await connection.run('ROLLBACK');
    // Rows that were made up are none of what comes next.
    else await replay(scratch, applied);
  }
}

/** What cannot be undone by the database itself is made anew. */
async function replay(scratch: Scratch, applied: readonly Migration[]): Promise<void> {
  const connection = await scratch.reset();
  for (const { up } of applied) await runScripts(connection, up);
}

/** As the tool runs it: each in a transaction, unless it says otherwise, or one is open. */
async function runScripts(connection: Connection, scripts: readonly Script[], isInside = false): Promise<void> {
  for (const script of scripts) {
    const isWrapped = !isInside && isInTransaction(script);
    if (isWrapped) await connection.run('BEGIN');
    try {
      await connection.run(script.text);
    } catch (error) {
      if (!isInside) await connection.run('ROLLBACK').catch(() => {});
      throw new Error(`${placeOf(script, error)}: ${(error as Error).message}`, { cause: error });
    }
    if (isWrapped) await connection.run('COMMIT');
  }
}

/** One that opens a transaction of its own, or must be outside of any, is none that can be undone with others. */
function isInTransaction(script: Script): boolean {
  if (script.outsideTransaction === true) return false;
  const parsed = parseScript(script);
  return (
    'rule' in parsed ||
    parsed.every(({ kind, text }) => kind !== 'TransactionStmt' && kind !== 'VacuumStmt' && !/\bCONCURRENTLY\b/i.test(text))
  );
}

/** PostgreSQL counts characters of the text. */
function placeOf({ file, line, text }: Script, error: unknown): string {
  const position = Number((error as { position?: string }).position ?? 0);
  return `${file}:${line + text.slice(0, Math.max(0, position - 1)).split('\n').length - 1}`;
}

async function refused(act: () => Promise<void>): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
