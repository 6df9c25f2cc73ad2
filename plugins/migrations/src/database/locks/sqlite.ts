import { errors } from '../../errors.js';
import { openSqlite } from '../sqlite.js';
import { sqliteFileOf } from '../url.js';
import type { Lock } from './lock.js';

const BUSY = /\b(?:locked|busy)\b/i;

/**
 * The tool itself needs the lock of the database, so this is that of an empty one beside it: the system gives it up when the
 * process ends, however that ends. The file stays: who removed it could remove the one that another holds.
 */
export async function lockSqlite(url: string, base: string): Promise<Lock> {
  const file = `${sqliteFileOf(url, base)}.ship-lock`;
  const database = opened(file, url);
  return {
    async take() {
      try {
        database.exec('BEGIN EXCLUSIVE');
        return true;
      } catch (error) {
        if (BUSY.test((error as Error).message)) return false;
        throw error;
      }
    },
    holder: async () => `another process of this machine, which holds ${file}`,
    close: async () => database.close(),
  };
}

function opened(file: string, url: string) {
  try {
    return openSqlite(file);
  } catch (cause) {
    throw errors.SHIP_MIGRATIONS_CONNECTION({ url, problem: `${file} cannot be made: ${(cause as Error).message}` }, { cause });
  }
}
