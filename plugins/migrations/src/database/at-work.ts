import { setTimeout as pause } from 'node:timers/promises';
import type { Connection } from './connection.js';
import { executingInMysql, othersInMysql } from './locks/mysql.js';
import { executingInPostgres, othersInPostgres } from './locks/postgres.js';

/** Who may be applying migrations now, besides ship. `locks`: the tool holds an advisory lock of PostgreSQL as long as it works. */
export async function othersAtWork(connection: Connection, wanted: { readonly locks: boolean }): Promise<string[]> {
  if (connection.dialect === 'sqlite') return ['whoever has the file open: SQLite does not say who that is'];
  return [...new Set(connection.dialect === 'mysql' ? await othersInMysql(connection) : await othersInPostgres(connection, wanted))];
}

const WAIT_MS = 30_000;
const PAUSE_MS = 200;

/**
 * Waits until what is executed now has come to its end; answers what has not. In SQLite a statement of a client that is gone
 * comes to nothing; a server goes on with it, and it commits by itself where no transaction was opened before.
 */
export async function stillExecuting(connection: Connection): Promise<string[]> {
  if (connection.dialect === 'sqlite') return [];
  const executing = connection.dialect === 'mysql' ? executingInMysql : executingInPostgres;
  let open = await executing(connection);
  for (const until = Date.now() + WAIT_MS; open.length > 0 && Date.now() < until; ) {
    await pause(PAUSE_MS);
    const now = await executing(connection);
    // A connection that is at rest once belongs to somebody who lives.
    open = now.filter(({ id }) => open.some((each) => each.id === id));
  }
  return open.map(({ id, statement }) => `connection ${id}: ${statement.replace(/\s+/g, ' ').slice(0, 100)}`);
}
