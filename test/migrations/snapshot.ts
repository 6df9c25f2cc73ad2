import type pg from 'pg';
import type { Catalog } from './catalog.js';
import { quoted } from './values.js';

/** All that a schema is, a line for each thing. The order of columns and the numbers of objects are left out. */
const SCHEMA = `
  WITH rel AS (SELECT c.* FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace)
  SELECT format('relation %s: kind %s, row security %s %s', relname, relkind, relrowsecurity, relforcerowsecurity) AS line
    FROM rel WHERE relkind NOT IN ('i', 'I')
  UNION ALL SELECT format('column %s.%s: %s%s, default %s, identity %s, generated %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
      CASE WHEN a.attnotnull THEN ' NOT NULL' END, pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated)
    FROM rel c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE c.relkind IN ('r', 'p', 'v', 'm')
  UNION ALL SELECT format('constraint %s of %s: %s', k.conname, k.conrelid::regclass, pg_get_constraintdef(k.oid)) FROM pg_constraint k
    WHERE k.connamespace = 'public'::regnamespace
  UNION ALL SELECT format('index: %s, valid %s', pg_get_indexdef(i.indexrelid), i.indisvalid) FROM pg_index i JOIN rel c ON c.oid = i.indexrelid
  UNION ALL SELECT format('type %s: %s, %s', t.typname, t.typtype, (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
    FROM pg_type t WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('e', 'd', 'r')
  UNION ALL SELECT format('view %s: %s %s', relname, pg_get_viewdef(oid), reloptions) FROM rel WHERE relkind IN ('v', 'm')
  UNION ALL SELECT format('routine: %s', pg_get_functiondef(p.oid)) FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p')
  UNION ALL SELECT format('trigger: %s, enabled %s', pg_get_triggerdef(t.oid), t.tgenabled) FROM pg_trigger t WHERE NOT t.tgisinternal
  UNION ALL SELECT format('sequence %s: %s from %s by %s to %s', c.relname, format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmax)
    FROM rel c JOIN pg_sequence s ON s.seqrelid = c.oid
  UNION ALL SELECT format('policy %s of %s: %s %s %s', polname, polrelid::regclass, polcmd, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) FROM pg_policy
  UNION ALL SELECT format('rule: %s', pg_get_ruledef(r.oid)) FROM pg_rewrite r WHERE r.rulename <> '_RETURN' AND r.ev_class IN (SELECT oid FROM rel)
  UNION ALL SELECT format('publication %s', pubname) FROM pg_publication
  UNION ALL SELECT format('schema %s', nspname) FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$'`;

export async function readSchema(db: pg.Client): Promise<string[]> {
  const { rows } = await db.query<{ line: string }>(SCHEMA);
  return rows.map(({ line }) => line);
}

/** How far each sequence has gone. */
export async function readSequences(db: pg.Client): Promise<Map<string, number>> {
  const { rows } = await db.query<{ name: string; last: string | null }>(
    'SELECT sequencename AS name, last_value AS last FROM pg_sequences',
  );
  return new Map(rows.map(({ name, last }) => [name, Number(last ?? 0)]));
}

/** How two schemas differ, a line for what there is only before or only after. */
export const schemaDifferences = (before: readonly string[], after: readonly string[]): string[] => [
  ...before.filter((line) => !after.includes(line)).map((line) => `only before: ${line}`),
  ...after.filter((line) => !before.includes(line)).map((line) => `only after: ${line}`),
];

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
