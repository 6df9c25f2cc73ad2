import type { Connection, Row } from '../database/connection.js';

/** The rows of a tool's own table; none where it was not made yet. */
export async function rowsOf(connection: Connection, table: string, statement: string): Promise<readonly Row[]> {
  const [found] = await connection.query('SELECT to_regclass($1) IS NOT NULL AS there', [table]);
  return found?.there === true ? connection.query(statement) : [];
}

/** The ids of a table that holds one a row. */
export async function idsOf(connection: Connection, table: string, statement: string): Promise<{ ids: string[] }> {
  const rows = await rowsOf(connection, table, statement);
  return { ids: rows.map((row) => String(Object.values(row)[0])) };
}
