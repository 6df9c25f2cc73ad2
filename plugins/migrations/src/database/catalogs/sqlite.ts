import type { Connection } from '../connection.js';
import { tokensOf, topLevelOf } from './sqlite-text.js';

const THINGS = `SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`;
const COLUMNS = `SELECT m.name AS of_table, c.name AS name, c.type AS type, c."notnull" AS required, c.dflt_value AS otherwise, c.pk AS pk, c.hidden AS hidden
  FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`;
/** Tools and programs keep the version of a schema here. */
const NUMBERS = ['user_version', 'application_id'];

/**
 * What a SQLite has besides its rows, a line for each thing: columns as the pragmas have them, and each part of the stored
 * texts, without blanks, comments and quotes that mean nothing. The order of columns does not count.
 */
export async function readSqlite(connection: Connection, without: readonly string[]): Promise<string[]> {
  const isLeftOut = (name: unknown) => without.some((each) => each.toLowerCase() === String(name).toLowerCase());
  const things = (await connection.query(THINGS)).filter(({ tbl_name }) => !isLeftOut(tbl_name));
  const columns = (await connection.query(COLUMNS)).filter(({ of_table }) => !isLeftOut(of_table));
  const names = new Set([...things, ...columns].map(({ name }) => String(name).toLowerCase()));
  const lines = columns.map(
    ({ of_table, name, type, required, otherwise, pk, hidden }) =>
      `column ${of_table}.${name}: ${[type, required === 1 ? 'NOT NULL' : '', otherwise === null ? '' : `default ${otherwise}`, pk === 0 ? '' : `key ${pk}`, hidden === 0 ? '' : `hidden ${hidden}`].filter((each) => each !== '').join(', ')}`,
  );
  for (const { type, name, sql } of things) {
    const tokens = tokensOf(String(sql ?? ''), names);
    if (type === 'table' && /^table$/i.test(tokens[1] ?? '')) lines.push(...topLevelOf(tokens).map((part) => `table ${name}: ${part}`));
    else lines.push(`${type} ${name}: ${tokens.join(' ')}`);
  }
  for (const number of NUMBERS) {
    const [row] = await connection.query(`PRAGMA ${number}`);
    lines.push(`${number}: ${row?.[number]}`);
  }
  return lines.map((line) => line.replaceAll('\r', '\\r').replaceAll('\n', '\\n'));
}
