import { errors } from '../errors.js';
import type { Connection, Wanted } from './connection.js';

/** Connects to the database that a URL names. The library of its kind is loaded only then. Throws SHIP_MIGRATIONS_CONNECTION. */
export async function connect(url: string, wanted: Wanted = {}): Promise<Connection> {
  const kind = /^([a-z0-9+]+):/i.exec(url)?.[1]?.toLowerCase();
  try {
    if (kind === 'postgres' || kind === 'postgresql') return await (await import('./postgres.js')).connectPostgres(url, wanted);
  } catch (cause) {
    throw errors.SHIP_MIGRATIONS_CONNECTION({ url: withoutPassword(url), problem: messageOf(cause) }, { cause });
  }
  throw errors.SHIP_MIGRATIONS_CONNECTION({ url: withoutPassword(url), problem: 'only postgres:// is understood' });
}

/** For messages: who and where, and nothing that opens it. */
export function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return 'the database';
  const { protocol, username, host, pathname } = new URL(url);
  return `${protocol}//${username === '' ? '' : `${username}@`}${host}${pathname}`;
}

/** What is refused by several addresses of a name has no message of its own. */
const messageOf = (error: unknown): string =>
  error instanceof AggregateError ? error.errors.map((each: unknown) => (each as Error).message).join(', ') : (error as Error).message;
