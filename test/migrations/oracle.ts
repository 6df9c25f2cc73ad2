import type pg from 'pg';
import { schemaDifferences } from '../../plugins/migrations/src/database/catalog.js';
import { type Catalog, readCatalog } from './catalog.js';
import { attempt, attemptAsApp, type Outcome, runScript, WORKED } from './database.js';
import { changedRows, lostSince, readRows, readSchema, readSequences } from './snapshot.js';
import { newRows, oldStatements, type Statement } from './statements.js';
import { BASE_ROWS, baseRows, quoted } from './values.js';

/** What a real database says of a migration. */
export interface Findings {
  /** Why the up cannot run; then nothing is known of the rest. */
  readonly up?: string;
  /** What of the old code does not work after the up. */
  readonly keep: readonly string[];
  /** What the down loses, leaves behind, or fails on. */
  readonly down: readonly string[];
}

/** What there is before the up, and what of the old code works on it. */
export interface Before {
  readonly catalog: Catalog;
  readonly statements: readonly Statement[];
  readonly outcomes: readonly Outcome[];
  readonly schema: readonly string[];
  readonly rows: Awaited<ReturnType<typeof readRows>>;
  readonly sequences: Awaited<ReturnType<typeof readSequences>>;
}

/** Makes the schema that the old code knows, with rows in every table. Copies of the database have the same. */
export async function prepare(db: pg.Client, base: string): Promise<Before> {
  await db.query('ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO app; ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO app');
  await db.query('GRANT USAGE ON SCHEMA public TO app');
  await db.query(base);
  await db.query("SELECT nextval(oid::regclass) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace");
  const catalog = await readCatalog(db);
  const rows = baseRows(catalog);
  const failed = (await attempt(db, rows, { keeps: true })).findIndex(({ state }) => state !== WORKED);
  if (failed >= 0) throw new Error(`this row is not valid: ${rows[failed]}`);
  const statements = oldStatements(catalog);
  const outcomes = await attemptAsApp(
    db,
    statements.map(({ sql }) => sql),
  );
  return {
    catalog,
    statements,
    outcomes,
    schema: await readSchema(db),
    rows: await readRows(db, catalog),
    sequences: await readSequences(db),
  };
}

/** Runs the up, the old code, the new code, and the down, in a database that was prepared. */
export async function examine(db: pg.Client, before: Before, up: string, down: string | undefined): Promise<Findings> {
  const { statements, outcomes } = before;
  const sql = statements.map((each) => each.sql);
  const failed = await runScript(db, up);
  if (failed !== undefined) return { up: failed, keep: [], down: [] };
  const outcomesAfter = await attemptAsApp(db, sql);
  const keep = [
    ...statements.flatMap(brokenBy(outcomes, outcomesAfter, await isOfLostRows(db, before))),
    ...(await unseen(db, before.catalog)),
  ];
  const after = await readCatalog(db);
  await attempt(db, newRows(after), { keeps: true });
  const reads = statements.filter((each) => each.reads?.notNull === true);
  const read = await attemptAsApp(
    db,
    reads.map((each) => each.sql),
  );
  keep.push(...reads.flatMap((each, at) => (hasNull(read[at]!) ? [`reads NULL: ${each.reads!.table}.${each.reads!.column}`] : [])));
  if (down === undefined) return { keep, down: [] };

  const between = await readRows(db, after);
  const refused = await runScript(db, down);
  if (refused !== undefined) return { keep, down: [`it fails: ${refused}`] };
  const last = await readRows(db, await readCatalog(db));
  const sequences = await readSequences(db);
  const found = [
    ...schemaDifferences(before.schema, await readSchema(db)),
    ...changedRows(before.rows, last),
    ...lostSince(between, last),
    ...[...before.sequences].flatMap(([name, at]) => ((sequences.get(name) ?? at) < at ? [`${name} begins anew`] : [])),
  ];
  if (found.length > 0) return { keep, down: found };
  // What collides with the rows of the new code is no matter of the schema.
  return { keep, down: statements.flatMap(brokenBy(outcomes, await attemptAsApp(db, sql), ({ state }) => !/^42/.test(state))) };
}

/** Statements that worked, and do not work any more, or read something of another type. */
const brokenBy =
  (before: readonly Outcome[], after: readonly Outcome[], isFine: (outcome: Outcome) => boolean = () => false) =>
  ({ sql }: Statement, at: number): string[] => {
    const [was, is] = [before[at]!, after[at]!];
    if (was.state !== WORKED) return [];
    if (is.state !== WORKED) return isFine(is) ? [] : [`${is.state} ${is.result}: ${sql}`];
    const [one, other] = [was, is].map(({ result }) => familyOf(result));
    return one === undefined || other === undefined || one === other ? [] : [`another type, ${other} for ${one}: ${sql}`];
  };

/** An INSERT that points at a row which the up has deleted: what is lost is said of the down, and the old code points at others. */
async function isOfLostRows(db: pg.Client, { catalog, schema }: Before): Promise<(outcome: Outcome) => boolean> {
  const counts = catalog.tables.map(({ name }) => `SELECT count(*) FROM ${quoted(name)}`);
  const left = await attempt(db, counts, { keeps: false });
  if (left.every(({ state, result }) => state !== WORKED || Number(result) >= BASE_ROWS)) return () => false;
  return ({ state, result }) => {
    const [, name] = /^insert or update .* foreign key constraint "(.*)"$/.exec(result ?? '') ?? [];
    return state === '23503' && name !== undefined && schema.some((line) => line.startsWith(`constraint ${name} of `));
  };
}

/** A longer text and a number with more digits are read as the shorter ones are. */
function familyOf(result: string | null): string | undefined {
  if (result === null) return undefined;
  return (JSON.parse(result) as [string])[0].replace(/^character varying$/, 'text');
}

function hasNull({ state, result }: Outcome): boolean {
  if (state !== WORKED || result === null) return false;
  const [, rows, values] = JSON.parse(result) as [string, number, number];
  return rows !== values;
}

/** Rows that are in a table of the base, wherever it is now, and that the old code does not see by the old name. */
async function unseen(db: pg.Client, base: Catalog): Promise<string[]> {
  const found: string[] = [];
  for (const { oid, name } of base.tables) {
    const { rows } = await db.query<{ table: string | null }>('SELECT (SELECT oid::regclass::text FROM pg_class WHERE oid = $1) AS table', [
      oid,
    ]);
    if (rows[0]?.table == null) continue;
    const counted = (from: string) => `SELECT count(*) FROM ${from}`;
    const [own] = await attempt(db, [counted(rows[0].table)], { keeps: false });
    const [seen] = await attemptAsApp(db, [counted(quoted(name))]);
    if (seen!.state === WORKED && Number(seen!.result) < Number(own!.result)) found.push(`rows of ${name} are not seen`);
  }
  return found;
}
