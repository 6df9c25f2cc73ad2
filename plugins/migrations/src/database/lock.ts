import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from '@ship/core';
import { errors } from '../errors.js';
import type { Project } from '../project.js';
import { lockMysql } from './locks/mysql.js';
import { lockPostgres } from './locks/postgres.js';
import { lockSqlite } from './locks/sqlite.js';
import { dialectOf } from './url.js';

const WAIT_MS = 60_000;
const PAUSE_MS = 500;

/** Does work while nobody else's ship works on the migrations of the database. Throws SHIP_MIGRATIONS_LOCKED. */
export async function whileLocked<T>(
  { signal }: Pick<Context, 'signal'>,
  { url, base }: Pick<Project, 'url' | 'base'>,
  work: () => Promise<T>,
): Promise<T> {
  const dialect = dialectOf(url);
  const lock = await (dialect === 'mysql' ? lockMysql(url) : dialect === 'sqlite' ? lockSqlite(url, base) : lockPostgres(url));
  try {
    for (const until = Date.now() + WAIT_MS; !(await lock.take()); ) {
      if (Date.now() > until) throw errors.SHIP_MIGRATIONS_LOCKED({ holder: await lock.holder() });
      await pause(PAUSE_MS, undefined, { signal });
    }
    return await work();
  } finally {
    await lock.close().catch(() => {});
  }
}
