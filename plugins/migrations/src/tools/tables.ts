import type { Connection, Row } from '../database/connection.js';
import { hasTable, quotedTable } from '../database/tables.js';

/** The rows of a tool's own table; none where it was not made yet. `statementOf` is given the table as SQL has it. */
export async function rowsOf(connection: Connection, table: string, statementOf: (quoted: string) => string): Promise<readonly Row[]> {
  return (await hasTable(connection, table)) ? connection.query(statementOf(quotedTable(connection, table))) : [];
}

/** The ids of a table that holds one a row, by the column that has them. */
export async function idsOf(connection: Connection, table: string, column: string, rest = ''): Promise<{ ids: string[] }> {
  const rows = await rowsOf(connection, table, (quoted) => `SELECT ${column} AS id FROM ${quoted} ${rest || `ORDER BY ${column}`}`);
  return { ids: rows.map(({ id }) => String(id)) };
}
