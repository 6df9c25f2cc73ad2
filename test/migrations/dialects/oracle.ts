import type { Findings } from '../oracle.js';
import type { Real, RealColumn, Row } from './database.js';

type Tables = Awaited<ReturnType<Real['tables']>>;

/** Values that a type holds, among them the widest. */
function valuesOf({ name, type, isKey }: RealColumn): readonly string[] {
  if (/user_id|editor/.test(name)) return ['1', '2'];
  const [, length] = /char\((\d+)\)/.exec(type) ?? [];
  if (isKey && /int/.test(type)) return ['61', '62', '63'];
  if (/^enum/.test(type)) return [...type.matchAll(/'[^']*'/g)].map(([each]) => each).reverse();
  if (/bigint/.test(type)) return ['9000000000', '-4'];
  if (/int/.test(type)) return [/unsigned/.test(type) ? '4000000000' : '2000000000', /unsigned/.test(type) ? '5' : '-5', '0'];
  if (/decimal|numeric/.test(type)) {
    const [, digits = '8', scale = '2'] = /\((\d+),(\d+)\)/.exec(type) ?? [];
    return [`${'9'.repeat(Number(digits) - Number(scale))}.${'4'.repeat(Number(scale))}`, '1.25'];
  }
  if (/date/.test(type)) return ["'2024-01-02 03:04:05.123456'", "'2024-01-02 03:04:05'"];
  const longest = Math.min(Number(length ?? 300), 300);
  return [`'${'y'.repeat(longest)}'`, "'007'", "'Old'"];
}

/** What a row has in each column: the `n`th value of its type, and another one for each row where it has to be. */
function valueAt(column: RealColumn, n: number): string {
  const values = valuesOf(column);
  if (!column.isUnique && !column.isKey) return values[n % values.length]!;
  return /int/.test(column.type) ? String(n + 1) : `'k${n}${column.name}'`;
}

const insert = (db: Real, table: string, columns: readonly RealColumn[], n: number): string =>
  columns.length === 0
    ? `INSERT INTO ${db.quote(table)} ${db.emptyRow}`
    : `INSERT INTO ${db.quote(table)} (${columns.map(({ name }) => db.quote(name)).join(', ')}) VALUES (${columns.map((each) => valueAt(each, n)).join(', ')})`;

/** What the old code may do, each by itself. */
function oldStatements(db: Real, tables: Tables): string[][] {
  const statements: string[][] = [['SELECT id, email FROM adults'], ['DELETE FROM posts', 'DELETE FROM users']];
  for (const [table, columns] of tables) {
    const written = columns.filter(({ isGenerated }) => !isGenerated);
    const required = written.filter((each) => each.notNull && !each.hasDefault && !each.isKey);
    const name = db.quote(table);
    statements.push([insert(db, table, written, 50)], [`DELETE FROM ${name} WHERE id = 3`]);
    if (required.length > 0) statements.push([insert(db, table, required, 51)]);
    // The same twice, but for what must not be.
    const same = written.filter(({ isKey }) => !isKey);
    statements.push([
      insert(db, table, same, 54),
      `INSERT INTO ${name} (${same.map((each) => db.quote(each.name)).join(', ')}) VALUES (${same.map((each) => (each.isUnique ? valueAt(each, 55) : valueAt(each, 54))).join(', ')})`,
    ]);
    for (const column of columns) {
      statements.push([`SELECT ${column.name} FROM ${table}`]);
      if (column.isGenerated || column.isKey) continue;
      const values = column.isUnique ? [valueAt(column, 70)] : valuesOf(column);
      for (const value of values) statements.push([`UPDATE ${name} SET ${db.quote(column.name)} = ${value} WHERE id = 2`]);
      if (!column.notNull) statements.push([`UPDATE ${name} SET ${db.quote(column.name)} = NULL WHERE id = 2`]);
    }
  }
  return statements;
}

async function allRows(db: Real, tables: Tables): Promise<Map<string, readonly Row[]>> {
  const found = new Map<string, readonly Row[]>();
  for (const table of tables.keys()) found.set(table, await db.rows(`SELECT * FROM ${db.quote(table)}`));
  return found;
}

/** The rows of the one that are not in the other as they were, whatever their columns and tables are called now. */
function missing(before: ReadonlyMap<string, readonly Row[]>, after: ReadonlyMap<string, readonly Row[]>): string[] {
  const there = [...after.values()].flat().map((row) => Object.values(row).map((each) => JSON.stringify(each)));
  return [...before].flatMap(([table, rows]) =>
    rows.flatMap((row) => {
      const values = Object.values(row).map((each) => JSON.stringify(each));
      const isThere = there.some(
        (other) => values.length <= other.length && countsOf(values).every(([value, times]) => timesIn(other, value) >= times),
      );
      return isThere ? [] : [`a row of ${table} is not what it was: ${JSON.stringify(row).slice(0, 100)}`];
    }),
  );
}

/** The rows that were there before the up, which must be what they were by the names that they had. */
const changed = (before: ReadonlyMap<string, readonly Row[]>, after: ReadonlyMap<string, readonly Row[]>): string[] =>
  [...before].flatMap(([table, rows]) => {
    const now = new Set((after.get(table) ?? []).map((row) => JSON.stringify(sorted(row))));
    return rows.flatMap((row) => (now.has(JSON.stringify(sorted(row))) ? [] : [`a row of ${table} is gone or another one`]));
  });

const sorted = (row: Row): unknown => Object.entries(row).sort(([one], [other]) => (one < other ? -1 : 1));

const timesIn = (values: readonly string[], value: string): number => values.filter((each) => each === value).length;
const countsOf = (values: readonly string[]) => [...new Set(values)].map((each) => [each, timesIn(values, each)] as const);

const differ = (before: readonly string[], after: readonly string[]): string[] => [
  ...before.filter((line) => !after.includes(line)).map((line) => `gone: ${line}`),
  // An index that is left of a foreign key refuses nothing.
  ...after.filter((line) => !before.includes(line) && !/^index \["[^"]*","[^"]*","?1"?,/.test(line)).map((line) => `new: ${line}`),
];

/** Runs the up, the old code, the new code and the down of a migration in a new database. */
export async function examine(db: Real, base: string, up: string, down: string): Promise<Findings> {
  const failedBase = await db.run(base);
  if (failedBase !== undefined) throw new Error(failedBase);
  const tables = await db.tables();
  for (let n = 0; n < 3; n++)
    for (const table of ['users', 'posts', 'notes'])
      if (tables.has(table)) {
        const columns = tables.get(table)!.filter(({ isGenerated }) => !isGenerated);
        const failed = await db.run(insert(db, table, columns, n));
        if (failed !== undefined) throw new Error(failed);
      }
  const statements = oldStatements(db, tables);
  const outcomes = await db.attempt(statements);
  const worked = statements.filter((_, at) => outcomes[at] === undefined);
  const [schema, rows] = [await db.schema(), await allRows(db, tables)];
  const failed = await db.run(up);
  if (failed !== undefined) return { up: failed, keep: [], down: [] };
  const keep = await broken(db, worked);
  const after = await db.tables();
  for (const n of [200, 201, 202])
    for (const [table, columns] of [...after].sort(([one]) => (one === 'users' ? -1 : 1))) {
      await db.run(
        insert(
          db,
          table,
          columns.filter(({ isGenerated }) => !isGenerated),
          n,
        ),
      );
      await db.run(
        insert(
          db,
          table,
          columns.filter((each) => each.notNull && !each.hasDefault && !each.isKey),
          n + 10,
        ),
      );
    }
  for (const [table, columns] of tables)
    for (const { name, notNull } of columns)
      if (notNull && after.get(table)?.some((each) => each.name === name)) {
        const [count] = await db.rows(`SELECT count(*) AS n FROM ${db.quote(table)} WHERE ${db.quote(name)} IS NULL`);
        if (Number(count?.n) > 0) keep.push(`reads NULL: ${table}.${name}`);
      }
  const between = await allRows(db, after);
  const refused = await db.run(down);
  if (refused !== undefined) return { keep, down: [`it fails: ${refused}`] };
  const last = await allRows(db, await db.tables());
  const found = [...differ(schema, await db.schema()), ...changed(rows, last), ...missing(between, last)];
  return { keep, down: found };
}

async function broken(db: Real, statements: readonly string[][]): Promise<string[]> {
  const errors = await db.attempt(statements);
  return statements.flatMap((each, at) => (errors[at] === undefined ? [] : [`${errors[at]}: ${each.join('; ')}`.slice(0, 250)]));
}
