import type { Connection } from './connection.js';
import { quotedName } from './quoted.js';

/** Is there a table of this name? `in_schema.table` is of PostgreSQL alone. */
export async function hasTable(connection: Connection, table: string): Promise<boolean> {
  if (connection.dialect === 'postgres') {
    const [row] = await connection.query('SELECT to_regclass($1) IS NOT NULL AS there', [quotedTable(connection, table)]);
    return row?.there === true;
  }
  const statement =
    connection.dialect === 'mysql'
      ? 'SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = $1'
      : "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $1 COLLATE NOCASE";
  return (await connection.query(statement, [table])).length > 0;
}

/** A table, with its schema where it names one, as SQL has it. */
export const quotedTable = ({ dialect }: Pick<Connection, 'dialect'>, table: string): string =>
  table
    .split('.')
    .map((part) => quotedName(part, dialect))
    .join('.');

/** Is it true? MySQL and SQLite have numbers for that. */
export const isTrue = (value: unknown): boolean => value === true || value === 1 || value === '1';
