import { existsSync } from 'node:fs';
import { type Connection, inOrder, type Row, type Wanted } from './connection.js';
import { sqliteFileOf } from './url.js';

/** What is used of `node:sqlite`, of which the types of Node 20 know nothing. */
interface Database {
  exec(text: string): void;
  prepare(text: string): { all(...values: readonly unknown[]): unknown[]; setReadBigInts(enabled: boolean): void };
  close(): void;
}
type Library = { readonly DatabaseSync: new (path: string, options?: { readonly readOnly?: boolean }) => Database };

const BUSY_MS = 10_000;

/** The library, without the warning that it prints. Throws where this Node has none. */
function library(): Library {
  const { emitWarning } = process;
  process.emitWarning = (() => {}) as typeof emitWarning;
  try {
    const found = process.getBuiltinModule?.('node:sqlite' as 'node:fs') as unknown as Library | undefined;
    if (found !== undefined) return found;
  } finally {
    process.emitWarning = emitWarning;
  }
  throw new Error(`SQLite needs Node 22.13 or later, and this is ${process.version}`);
}

/** Opens a file of SQLite. */
export const openSqlite = (file: string, options: { readonly readOnly?: boolean } = {}): Database =>
  new (library().DatabaseSync)(file, options);

/**
 * Opened read only. What a process that was killed has left in its journal must be taken back by the next one that reads, which
 * a connection of that kind may not: then it is one that may write, and is told not to.
 */
function openToRead(file: string): Database {
  const reading = openSqlite(file, { readOnly: true });
  try {
    reading.prepare('SELECT count(*) FROM sqlite_schema').all();
    return reading;
  } catch {
    reading.close();
  }
  const held = openSqlite(file);
  held.exec('PRAGMA query_only = ON');
  return held;
}

/** A file of SQLite. It is opened when it is there: who only asks makes none. */
export function connectSqlite(url: string, wanted: Wanted = {}): Connection {
  const file = sqliteFileOf(url, wanted.base ?? process.cwd());
  const empty = openSqlite(':memory:');
  let opened: Database | undefined;
  const open = (): Database => {
    opened ??= wanted.readOnly === true ? openToRead(file) : openSqlite(file);
    opened.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    return opened;
  };
  // What cannot be opened is said at once.
  if (existsSync(file)) open();
  return {
    dialect: 'sqlite',
    query: async (statement, values = []) => {
      const { text, ordered } = inOrder(statement, values);
      const prepared = (existsSync(file) ? open() : empty).prepare(text);
      prepared.setReadBigInts(true);
      return prepared.all(...ordered).map((row) => plain(row as Row));
    },
    run: async (text) => open().exec(text),
    close: async () => {
      opened?.close();
      empty.close();
    },
  };
}

/** Numbers as numbers, where they are no larger than that. */
const plain = (row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value,
    ]),
  );
