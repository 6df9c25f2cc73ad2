import type { Catalog, Column, Table } from './catalog.js';
import { BASE_ROWS, cell, edgesOf, insert, POINTED_AT, quoted, SPARE, valueFor } from './values.js';

/** What the code does with the schema that it knows. */
export interface Statement {
  readonly sql: string;
  /** It reads a column: which one, and must there be a value in every row? */
  readonly reads?: { readonly table: string; readonly column: string; readonly notNull: boolean };
}

/** The type, the rows, and how many of them have a value. */
const reading = (from: string): string =>
  `SELECT json_build_array(pg_typeof(x)::text, count(*), count(x)) FROM (${from}) q(x) GROUP BY pg_typeof(x)`;

/** All that the old code may do, by its own schema. What does not even work there says nothing. */
export function oldStatements(catalog: Catalog): Statement[] {
  const tables = catalog.tables.flatMap((table) => [...reads(table), ...writes(catalog, table).map((sql) => ({ sql }))]);
  const views = catalog.views.flatMap(({ name, columns }) =>
    columns.map((column) => ({ sql: reading(`SELECT ${quoted(column)} FROM ${quoted(name)}`) })),
  );
  const calls = catalog.routines.map(({ name, types }) => {
    const given = types.map((type) => valueFor({ type, labels: [] }, 0));
    return {
      sql: `SELECT json_build_array(pg_typeof(x)::text, count(*) > 0, count(x) > 0) FROM ${quoted(name)}(${given.join(', ')}) q(x) GROUP BY pg_typeof(x)`,
    };
  });
  return [...tables, ...views, ...calls];
}

const reads = ({ name: table, columns }: Table): Statement[] =>
  columns.map(({ name, notNull }) => ({
    sql: reading(`SELECT ${quoted(name)} FROM ${quoted(table)}`),
    reads: { table, column: name, notNull },
  }));

/** Numbers that no other row has: those of the base are below, those of the new code above. */
const OLD = 10;

function writes(catalog: Catalog, table: Table): string[] {
  const { columns, keys, primary } = table;
  const inKeys = (name: string) => keys.some((key) => key.includes(name));
  const spare = (column: Column) => cell(catalog, table, column, SPARE);
  const isRow = (name: string, number: number) =>
    `${quoted(name)} = ${cell(catalog, table, columns.find((each) => each.name === name)!, number)}`;
  const whereRow = (number: number) => ` WHERE ${primary.map((name) => isRow(name, number)).join(' AND ') || 'true'}`;
  const where = whereRow(SPARE);
  // No code changes the keys of its rows.
  const changed = columns.filter(({ name, isComputed }) => !isComputed && !primary.includes(name));
  const update = ({ name }: Column, value: string) => `UPDATE ${quoted(table.name)} SET ${quoted(name)} = ${value}${where}`;
  const copied = (names: readonly string[]) =>
    insert(catalog, table, OLD + 3, {
      values: Object.fromEntries(
        columns.filter(({ name, isComputed }) => !isComputed && names.includes(name)).map((each) => [each.name, spare(each)]),
      ),
    });
  return [
    insert(catalog, table, OLD),
    insert(catalog, table, OLD + 1, { without: ({ hasDefault }) => hasDefault }),
    insert(catalog, table, OLD + 2, { without: ({ hasDefault, notNull }) => hasDefault || !notNull }),
    // One after the other: what is left out twice has the same value twice.
    `DO $do$ BEGIN ${[4, 5].map((more) => insert(catalog, table, OLD + more, { without: ({ hasDefault, notNull }) => hasDefault || !notNull })).join('; ')}; END $do$`,
    ...columns
      .filter(({ notNull, isComputed }) => !notNull && !isComputed)
      .map(({ name }) => insert(catalog, table, OLD, { values: { [name]: 'NULL' } })),
    ...changed.flatMap((each) => [cell(catalog, table, each, OLD), ...edgesOf(each)].map((value) => update(each, value))),
    // All rows that nothing points at: new rows may point at any of them.
    ...Array.from({ length: BASE_ROWS - POINTED_AT }, (_, more) => `DELETE FROM ${quoted(table.name)}${whereRow(POINTED_AT + more)}`),
    ...keys.map((key) => insert(catalog, table, OLD, { suffix: `ON CONFLICT (${key.map(quoted).join(', ')}) DO NOTHING` })),
    // Twice what may be there twice: each column, all together, and each key but for one of its columns.
    ...columns.map(({ name }) => copied([name])),
    copied(columns.map(({ name }) => name).filter((name) => !inKeys(name))),
    ...keys.filter((key) => key.length > 1).flatMap((key) => key.map((free) => copied(key.filter((name) => name !== free)))),
  ];
}

/** What new code may write, on the schema after the up: all that it allows, and the old one perhaps did not. */
export function newRows(after: Catalog): string[] {
  return after.tables.flatMap((table) => {
    let number = 20;
    const row = (values: Readonly<Record<string, string>> = {}, without?: (column: Column) => boolean) =>
      insert(after, table, number++, { values, ...(without === undefined ? {} : { without }) });
    const { columns, keys, foreign } = table;
    const nullable = columns.filter(({ notNull, isComputed }) => !notNull && !isComputed);
    const spare = (name: string) => valueFor(columns.find((each) => each.name === name)!, SPARE);
    return [
      row(),
      row(Object.fromEntries(nullable.map(({ name }) => [name, 'NULL']))),
      row({}, ({ hasDefault, notNull }) => hasDefault || !notNull),
      ...nullable.map(({ name }) => row({ [name]: 'NULL' })),
      // Twice what the base has once, where nothing forbids it any more.
      ...columns.map(({ name }) => row({ [name]: spare(name) })),
      row(
        Object.fromEntries(
          columns
            .filter(({ name, isComputed }) => !isComputed && !keys.some((key) => key.includes(name)))
            .map(({ name }) => [name, spare(name)]),
        ),
      ),
      // What points at nothing has the number of its row, which no base row has.
      ...columns
        .filter(({ isComputed }) => !isComputed)
        .flatMap((each) => [valueFor(each, 50), ...edgesOf(each)].map((value) => row({ [each.name]: value }))),
      ...foreign.flatMap(({ columns: names }) => names.map((name) => row({ [name]: spare(name) }))),
    ];
  });
}
