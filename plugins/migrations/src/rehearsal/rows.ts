import type { Connection } from '../database/connection.js';
import { quotedName } from '../database/quoted.js';

interface Column {
  readonly number: number;
  readonly name: string;
  /** As PostgreSQL writes it, without its domain. */
  readonly type: string;
  readonly labels: readonly string[];
  readonly isComputed: boolean;
  /** The column that its values must be found in. */
  readonly points: { readonly table: string; readonly column: string } | null;
}

interface Table {
  readonly oid: number;
  /** As SQL has it. */
  readonly name: string;
  readonly columns: readonly Column[];
}

/** The tables that a person has made, those that others point at first as far as that is possible. */
const TABLES = `
  SELECT c.oid::int AS oid, c.oid::regclass::text AS name,
    (SELECT coalesce(json_agg(json_build_object('number', a.attnum, 'name', a.attname,
        'type', format_type(coalesce(nullif(t.typbasetype, 0), a.atttypid), CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END),
        'labels', coalesce((SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid), '[]'),
        'isComputed', a.attgenerated <> '' OR a.attidentity = 'a',
        'points', (SELECT json_build_object('table', k.confrelid::regclass::text, 'column', r.attname)
          FROM pg_constraint k JOIN pg_attribute r ON r.attrelid = k.confrelid AND r.attnum = k.confkey[array_position(k.conkey, a.attnum)]
          WHERE k.conrelid = c.oid AND k.contype = 'f' AND a.attnum = ANY (k.conkey) LIMIT 1)) ORDER BY a.attnum), '[]')
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
  ORDER BY c.oid`;

async function tablesOf(connection: Connection): Promise<Table[]> {
  const found = (await connection.query(TABLES)) as unknown as Table[];
  const sorted: Table[] = [];
  for (let open = [...found]; open.length > 0; ) {
    const isReady = ({ name, columns }: Table) =>
      columns.every(({ points }) => points === null || points.table === name || !open.some((each) => each.name === points.table));
    const next = open.find(isReady) ?? open[0]!;
    sorted.push(next);
    open = open.filter((each) => each !== next);
  }
  return sorted;
}

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** How many rows are made at a time, and how many tries each has. */
const ROWS = 2;

/**
 * Makes up rows for every table: none of them like another, each pointing at one that is there. Answers the tables that no
 * row could be made for: what is lost of them nobody sees.
 */
export async function makeRows(connection: Connection, from: number): Promise<string[]> {
  const without: string[] = [];
  for (const table of await tablesOf(connection)) {
    let made = 0;
    for (let number = from; number < from + ROWS; number++)
      for (const attempt of ATTEMPTS)
        if (await inserted(connection, insertOf(table, number, attempt))) {
          made++;
          break;
        }
    if (made === 0) without.push(table.name);
  }
  return without;
}

/** How a row is made: all columns, those alone that must have a value, or with numbers and texts that more checks let pass. */
const ATTEMPTS = ['all', 'small', 'plain'] as const;

function insertOf({ name, columns }: Table, number: number, attempt: (typeof ATTEMPTS)[number]): string {
  const written = columns.filter(({ isComputed }) => !isComputed);
  if (written.length === 0) return `INSERT INTO ${name} DEFAULT VALUES`;
  const cell = (column: Column) =>
    column.points === null
      ? valueFor(column, number, attempt)
      : `(SELECT ${quotedName(column.points.column)} FROM ${column.points.table} ORDER BY 1 DESC OFFSET ${number % ROWS} LIMIT 1)`;
  return `INSERT INTO ${name} (${written.map((each) => quotedName(each.name)).join(', ')}) VALUES (${written.map(cell).join(', ')})`;
}

function valueFor({ type, labels }: Column, number: number, attempt: (typeof ATTEMPTS)[number]): string {
  if (labels.length > 0) return text(labels[number % labels.length]!);
  const small = attempt === 'small' ? number % 90 : 1000 + number;
  const length = Number(/^char.*\((\d+)\)/.exec(type)?.[1] ?? 60);
  if (type.endsWith('[]')) return "'{}'";
  if (/^(?:smallint|integer|bigint)/.test(type)) return `${small}`;
  if (/^(?:numeric|real|double|money)/.test(type)) return `${(number % 9) + 1}`;
  if (/^(?:text|char|citext|name)/.test(type))
    return text((attempt === 'plain' ? `https://v${number}.example.test/a@b` : `v${number}`).slice(0, length));
  if (type === 'boolean') return `${number % 2 === 0}`;
  if (/^(?:time|date)/.test(type)) return `'2024-01-01 00:00:00+00'::timestamptz + interval '${number} minutes'`;
  if (/^json/.test(type)) return text(`{"n": ${number}}`);
  if (type === 'uuid') return text(`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`);
  if (type === 'bytea') return text(`\\x${number.toString(16).padStart(64, '0')}`);
  if (/^(?:inet|cidr)/.test(type)) return text(`10.0.${number % 250}.0`);
  if (type === 'interval') return `interval '${number} seconds'`;
  if (/^bit/.test(type)) return 'DEFAULT';
  return /^(?:ltree|tsvector|hstore)/.test(type) ? text(type === 'hstore' ? `a=>${number}` : `v${number}`) : 'DEFAULT';
}

async function inserted(connection: Connection, statement: string): Promise<boolean> {
  try {
    await connection.run('SAVEPOINT ship_row');
    await connection.query(statement);
    await connection.run('SET CONSTRAINTS ALL IMMEDIATE; RELEASE SAVEPOINT ship_row');
    return true;
  } catch {
    await connection.run('ROLLBACK TO SAVEPOINT ship_row; RELEASE SAVEPOINT ship_row');
    return false;
  }
}

/** The rows of a table; columns are known by their numbers too, which no other name changes. */
interface Rows {
  readonly name: string;
  readonly columns: ReadonlyMap<number, string>;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** All rows, by the number of their table. */
export async function readRows(connection: Connection): Promise<ReadonlyMap<number, Rows>> {
  const read = new Map<number, Rows>();
  for (const { oid, name, columns } of await tablesOf(connection)) {
    const rows = await connection.query(`SELECT to_jsonb(t) AS row FROM ${name} t`);
    const kept = rows.map(({ row }) => row as Record<string, unknown>);
    read.set(oid, { name, columns: new Map(columns.map((each) => [each.number, each.name])), rows: kept });
  }
  return read;
}

/** Of what was there at one moment: what is gone or has another value at a later one, a line each. Tables and columns are known by number, or else by name. */
export function lost(before: ReadonlyMap<number, Rows>, after: ReadonlyMap<number, Rows>): string[] {
  return [...before].flatMap(([oid, { name, columns, rows }]) => {
    const other = after.get(oid) ?? [...after.values()].find((each) => each.name === name);
    if (other === undefined) return rows.length === 0 ? [] : [`${rows.length} rows of ${name} are gone`];
    const isSameTable = after.has(oid);
    const nameNow = (number: number, column: string) => {
      const same = isSameTable ? other.columns.get(number) : undefined;
      return same ?? [...other.columns.values()].find((each) => each === column);
    };
    const gone = [...columns].filter(
      ([number, column]) => nameNow(number, column) === undefined && rows.some((row) => row[column] !== null),
    );
    const pairs = [...columns].flatMap(([number, column]) => {
      const now = nameNow(number, column);
      return now === undefined ? [] : [[column, now] as const];
    });
    const left = other.rows.map((row) =>
      shown(
        row,
        pairs.map(([, now]) => now),
      ),
    );
    const missing = rows.filter((row) => {
      const at = left.indexOf(
        shown(
          row,
          pairs.map(([was]) => was),
        ),
      );
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
    return [
      ...gone.map(([, column]) => `what ${name}.${column} held is gone`),
      ...(missing.length === 0 ? [] : [`${missing.length} of ${rows.length} rows of ${name} are gone, or hold something else`]),
    ];
  });
}

const shown = (row: Readonly<Record<string, unknown>>, columns: readonly string[]): string =>
  JSON.stringify(columns.map((column) => (typeof row[column] === 'object' ? row[column] : String(row[column]))));
