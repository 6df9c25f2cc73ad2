import type { Catalog, Column, Table } from './catalog.js';

/** How many rows each base table has, numbered from 0. */
export const BASE_ROWS = 5;
/** The base row that statements change and delete: nothing points at it. */
export const SPARE = 3;
/** The base row with NULL in about half of the columns that may have it. */
const SPARSE = 4;
/** Base rows with a lower number may be pointed at. */
export const POINTED_AT = 2;

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** A value for a column that is another one for each number, where its type has so many. Without a cast, as code writes it. */
export function valueFor({ type, labels }: Pick<Column, 'type' | 'labels'>, number: number): string {
  if (labels.length > 0) return text(labels[number % labels.length]!);
  if (/^(?:smallint|integer|bigint)$/.test(type)) return `${1000 + number}`;
  if (/^(?:numeric|real|double)/.test(type)) return `${number + 1}`;
  if (/^(?:text|char)/.test(type)) return text(`v${number}`);
  if (type === 'boolean') return `${number % 2 === 0}`;
  if (/^time|^date/.test(type)) return text(`2024-01-01 00:00:${String(number % 60).padStart(2, '0')}+00`);
  if (/^json/.test(type)) return text(`{"n": ${number}}`);
  if (type === 'uuid') return text(`00000000-0000-0000-0000-${String(number).padStart(12, '0')}`);
  return type.endsWith('[]') ? "'{}'" : 'NULL';
}

/** Values at the edges of a type: what a check, a shorter text or a smaller number refuses. */
export function edgesOf({ type, labels }: Column): string[] {
  if (labels.length > 0) return labels.map(text);
  const limits = /\((\d+)(?:,(\d+))?\)/.exec(type);
  const length = Number(limits?.[1] ?? 200);
  if (type === 'smallint') return ['0', '-5', '32767'];
  if (type === 'integer') return ['0', '-5', '2147483647'];
  if (type === 'bigint') return ['0', '-5', '9223372036854775807'];
  if (type === 'numeric') return ['0', '-5', '123456789012.123456'];
  if (type.startsWith('numeric'))
    return ['0', '-5', `${'9'.repeat(length - Number(limits?.[2] ?? 0))}.${'9'.repeat(Number(limits?.[2] ?? 0))}`];
  if (/^(?:real|double)/.test(type)) return ['0', '-5', '1e30'];
  if (/^(?:text|char)/.test(type))
    return ["''", text('x'.repeat(length)), text('Äö B'.slice(0, length)), text('9'.repeat(Math.min(9, length)))];
  if (type === 'boolean') return ['true', 'false'];
  if (/^time|^date/.test(type)) return ["'1970-01-01'", "'infinity'"];
  return /^json/.test(type) ? ["'{}'", "'[1]'", "'null'"] : [];
}

/** The value of a column in the row with a number; of one that points at a row, what is found there. */
export function cell(catalog: Catalog, table: Table, column: Column, number: number): string {
  for (const { columns, table: oid, referenced } of table.foreign) {
    const at = columns.indexOf(column.name);
    const parent = catalog.tables.find((each) => each.oid === oid);
    const target = parent?.columns.find(({ name }) => name === referenced[at]);
    // One row may point at each, where the column is unique.
    const isUnique = table.keys.some((key) => key.length === 1 && key[0] === column.name);
    if (at >= 0 && target !== undefined) return valueFor(target, isUnique ? number : number % POINTED_AT);
  }
  return valueFor(column, number);
}

/** What an INSERT has, other than the values of its number. */
export interface Row {
  readonly values?: Readonly<Record<string, string>>;
  readonly without?: (column: Column) => boolean;
  readonly suffix?: string;
}

/** `INSERT INTO` of the row with a number. */
export function insert(
  catalog: Catalog,
  table: Table,
  number: number,
  { values = {}, without = () => false, suffix = '' }: Row = {},
): string {
  const columns = table.columns.filter((each) => !each.isComputed && (values[each.name] !== undefined || !without(each)));
  const into = `INSERT INTO ${quoted(table.name)}`;
  if (columns.length === 0) return `${into} DEFAULT VALUES ${suffix}`;
  const cells = columns.map((each) => values[each.name] ?? cell(catalog, table, each, number));
  return `${into} (${columns.map(({ name }) => quoted(name)).join(', ')}) VALUES (${cells.join(', ')}) ${suffix}`;
}

/** Rows for every table, those that others point at first. */
export function baseRows(catalog: Catalog): string[] {
  return catalog.tables.flatMap((table) =>
    Array.from({ length: BASE_ROWS }, (_, number) => {
      const isNull = ({ name, notNull }: Column) => number === SPARSE && !notNull && `${table.name}${name}`.length % 2 === 0;
      const nulls = table.columns.filter((each) => isNull(each) && !each.isComputed).map(({ name }) => [name, 'NULL'] as const);
      return insert(catalog, table, number, { values: Object.fromEntries(nulls) });
    }),
  );
}
