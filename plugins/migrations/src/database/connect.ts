import { errors } from '../errors.js';
import type { Connection, Wanted } from './connection.js';
import { dialectOf, withoutPassword } from './url.js';

/** Connects to the database that a URL names. The library of its kind is loaded only then. Throws SHIP_MIGRATIONS_CONNECTION. */
export async function connect(url: string, wanted: Wanted = {}): Promise<Connection> {
  const dialect = dialectOf(url);
  try {
    if (dialect === 'postgres') return await (await import('./postgres.js')).connectPostgres(url, wanted);
    if (dialect === 'mysql') return await (await import('./mysql.js')).connectMysql(url, wanted);
    if (dialect === 'sqlite') return (await import('./sqlite.js')).connectSqlite(url, wanted);
  } catch (cause) {
    throw errors.SHIP_MIGRATIONS_CONNECTION({ url: withoutPassword(url), problem: messageOf(cause) }, { cause });
  }
  const problem = 'only postgres://, mysql://, mariadb://, sqlite: and file: are understood';
  throw errors.SHIP_MIGRATIONS_CONNECTION({ url: withoutPassword(url), problem });
}

/** What is refused by several addresses of a name has no message of its own. */
const messageOf = (error: unknown): string =>
  error instanceof AggregateError ? error.errors.map((each: unknown) => (each as Error).message).join(', ') : (error as Error).message;
