import pg from 'pg';
import type { Connection, Row, Wanted } from './connection.js';

const CONNECT_TIMEOUT_MS = 10_000;

/** Connects to a PostgreSQL. Throws what `pg` throws. */
export async function connectPostgres(url: string, wanted: Wanted = {}): Promise<Connection> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, application_name: 'ship' });
  // A server that goes away is seen by the next statement.
  client.on('error', () => {});
  await client.connect();
  const query = async (statement: string, values: readonly unknown[] = []): Promise<Row[]> =>
    (await client.query(statement, [...values])).rows;
  return {
    dialect: 'postgres',
    query: wanted.readOnly === undefined ? query : (statement, values) => readOnly(client, wanted, () => query(statement, values)),
    run: async (text) => void (await client.query(text)),
    close: () => client.end(),
  };
}

/** What row security would hide is an error, and not nothing. What is set for one transaction holds behind a pooler as well, and stays with nobody else's. */
async function readOnly<T>(client: pg.Client, { timeoutMs = 0 }: Wanted, act: () => Promise<T>): Promise<T> {
  await client.query(`BEGIN TRANSACTION READ ONLY; SET LOCAL statement_timeout = ${timeoutMs}; SET LOCAL row_security = off`);
  try {
    return await act();
  } finally {
    await client.query('ROLLBACK');
  }
}
