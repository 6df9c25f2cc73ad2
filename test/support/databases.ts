import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import type { Dialect } from '../../plugins/migrations/src/migration.js';
import { startMariadbServer } from '../services/mariadb.js';
import { startPostgres } from '../services/postgres.js';

export type Row = Record<string, unknown>;

/** A database for one project, and a client that is no tool of it. */
export interface Database {
  readonly dialect: Dialect;
  readonly url: string;
  connect(): Promise<{ query(text: string): Promise<Row[]>; end(): Promise<void> }>;
  /** Asks for the names of the columns of the users. */
  readonly columns: string;
}

/** Makes the database of a project, whose folder it is given. */
export type OpenDatabase = (cwd: string) => Promise<Database>;

const COLUMNS = "SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'users' ORDER BY 1";

/** One of PostgreSQL. */
export const postgres =
  (server: { readonly older?: boolean } = {}): OpenDatabase =>
  async () => {
    const { url } = await startPostgres(server);
    const connect = async () => {
      const client = new pg.Client({ connectionString: url, application_name: 'a stranger' });
      client.on('error', () => {});
      await client.connect();
      return { query: async (text: string) => (await client.query(text)).rows as Row[], end: () => client.end() };
    };
    return { dialect: 'postgres', url, connect, columns: COLUMNS };
  };

/** One of MariaDB. */
export const mariadb: OpenDatabase = async () => {
  const { url } = await startMariadbServer();
  const connect = async () => {
    const client = await createConnection(url);
    client.on('error', () => {});
    await client.query("SET sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')");
    return { query: async (text: string) => (await client.query(text))[0] as Row[], end: () => client.end() };
  };
  const columns =
    "SELECT column_name AS name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'users' ORDER BY 1";
  return { dialect: 'mysql', url, connect, columns };
};

/** What is used of `node:sqlite`, of which the types of Node 20 know nothing. */
type Sqlite = { DatabaseSync: new (path: string) => { prepare(text: string): { all(): Row[] }; close(): void } };

/** A file of SQLite, relative to the project. */
export const sqlite: OpenDatabase = async (cwd) => {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite' as 'node:fs') as unknown as Sqlite;
  const connect = async () => {
    const client = new DatabaseSync(join(cwd, 'app.sqlite3'));
    return { query: async (text: string) => client.prepare(text).all(), end: async () => client.close() };
  };
  return {
    dialect: 'sqlite',
    url: 'sqlite:app.sqlite3',
    connect,
    columns: "SELECT name FROM pragma_table_info('users') ORDER BY 1",
  };
};

/** Has a look made it? */
export const hasSqliteFile = (cwd: string): boolean => existsSync(join(cwd, 'app.sqlite3'));

/** Has this Node SQLite? Loading it to find out prints a warning, and its version says as much. */
export function hasSqlite(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isThere = major > 22 || (major === 22 && minor >= 13);
  if (!isThere) process.stderr.write('skipped: node:sqlite is missing; Node 22.13 or later has it, see test/on-newest-lts.sh\n');
  return isThere;
}
