import type pg from 'pg';
import { readSchema as readOwn } from '../../plugins/migrations/src/database/catalog.js';
import type { Catalog } from './catalog.js';
import { quoted } from './values.js';

/** All that a schema is, a line for each thing, as the plugin reads it. */
export const readSchema = (db: pg.Client): Promise<string[]> =>
  readOwn({
    dialect: 'postgres',
    query: async (statement, values = []) => (await db.query(statement, [...values])).rows,
    run: async (text) => void (await db.query(text)),
    close: () => db.end(),
  });

/** How far each sequence has gone. */
export async function readSequences(db: pg.Client): Promise<Map<string, number>> {
  const { rows } = await db.query<{ name: string; last: string | null }>(
    'SELECT sequencename AS name, last_value AS last FROM pg_sequences',
  );
  return new Map(rows.map(({ name, last }) => [name, Number(last ?? 0)]));
}

/** The rows of a table; columns are known by their numbers too, which no other name changes. */
export interface Rows {
  readonly name: string;
  readonly numbers: ReadonlyMap<number, string>;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** All rows, by the number of their table. */
export async function readRows(db: pg.Client, { tables }: Catalog): Promise<Map<number, Rows>> {
  const read = new Map<number, Rows>();
  for (const { oid, name, columns } of tables) {
    const { rows } = await db.query(`SELECT to_jsonb(t) AS row FROM ${quoted(name)} t`);
    // Another name for a label changes no row.
    const labels = new Map(columns.filter((each) => each.labels.length > 0).map((each) => [each.name, each.labels]));
    const plain = (row: Record<string, unknown>) =>
      Object.fromEntries(Object.entries(row).map(([key, value]) => [key, labels.get(key)?.indexOf(value as string) ?? value]));
    read.set(oid, { name, numbers: new Map(columns.map((each) => [each.number, each.name])), rows: rows.map(({ row }) => plain(row)) });
  }
  return read;
}

/** Rows of the base that are not there any more, or have another value. */
export function changedRows(before: ReadonlyMap<number, Rows>, after: ReadonlyMap<number, Rows>): string[] {
  return [...before.values()].flatMap(({ name, rows, numbers }) => {
    const other = [...after.values()].find((each) => each.name === name);
    const columns = [...numbers.values()];
    const lost = missing(
      rows.map((row) => shown(row, columns)),
      (other?.rows ?? []).map((row) => shown(row, columns)),
    );
    return lost.map((row) => `a row of ${name} is lost or changed: ${row}`);
  });
}

/** Of what was written since the up: what the down has taken away or changed. */
export function lostSince(between: ReadonlyMap<number, Rows>, after: ReadonlyMap<number, Rows>): string[] {
  return [...between].flatMap(([oid, { name, rows, numbers }]) => {
    const other = after.get(oid);
    if (other === undefined) return rows.length === 0 ? [] : [`${rows.length} rows of ${name} are lost`];
    const kept = [...numbers].filter(([number]) => other.numbers.has(number));
    const gone = [...numbers].filter(([number, column]) => !other.numbers.has(number) && rows.some((row) => row[column] !== null));
    const [was, is] = [kept.map(([, column]) => column), kept.map(([number]) => other.numbers.get(number)!)];
    const lost = missing(
      rows.map((row) => shown(row, was)),
      other.rows.map((row) => shown(row, is)),
    );
    return [
      ...gone.map(([, column]) => `what ${name}.${column} held is lost`),
      ...lost.map((row) => `a row of ${name} is lost or changed: ${row}`),
    ];
  });
}

/** A number is the same with more zeros behind its point. */
const shown = (row: Readonly<Record<string, unknown>>, columns: readonly string[]): string =>
  JSON.stringify(columns.map((column) => (typeof row[column] === 'object' ? row[column] : String(row[column]))));

function missing(wanted: readonly string[], found: readonly string[]): string[] {
  const left = [...found];
  return wanted.filter((each) => {
    const at = left.indexOf(each);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
