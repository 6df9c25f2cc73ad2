import { readMysql } from './catalogs/mysql.js';
import { readPostgres } from './catalogs/postgres.js';
import { readSqlite } from './catalogs/sqlite.js';
import type { Connection } from './connection.js';

/** What the database has besides its rows, a line for each thing, sorted; without tables, and schemas of PostgreSQL, of these names. */
export async function readSchema(connection: Connection, without: readonly string[] = []): Promise<string[]> {
  const read = { postgres: readPostgres, mysql: readMysql, sqlite: readSqlite }[connection.dialect];
  return (await read(connection, without)).sort();
}

/** How two schemas differ, a line for what there is only before or only after. */
export function schemaDifferences(before: readonly string[], after: readonly string[]): string[] {
  const [then, now] = [new Set(before), new Set(after)];
  return [
    ...before.filter((line) => !now.has(line)).map((line) => `gone: ${line}`),
    ...after.filter((line) => !then.has(line)).map((line) => `new: ${line}`),
  ];
}
