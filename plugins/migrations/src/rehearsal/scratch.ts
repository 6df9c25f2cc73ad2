import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { connect } from '../database/connect.js';
import type { Connection, Row } from '../database/connection.js';
import { errors } from '../errors.js';
import type { Migration } from '../migration.js';

/** A database of its own, in which anything may be tried. */
export interface Scratch {
  readonly connection: Connection;
  /** An empty one in its place. */
  reset(): Promise<Connection>;
  close(): Promise<void>;
}

/** Extensions that come with the embedded PostgreSQL, by the name that SQL has for them. */
const CONTRIB = /\bCREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?"?([\w-]+)"?/gi;

type Library = typeof import('@electric-sql/pglite');

/**
 * A PostgreSQL in this process, in memory. What it has no extension for fails where it is asked for. It is large, so it is
 * there only where somebody has installed it: beside ship, or in the project. Throws SHIP_MIGRATIONS_EMBEDDED.
 */
export async function embedded(dir: string, migrations: readonly Migration[]): Promise<Scratch> {
  const { PGlite } = await found<Library>(dir, '@electric-sql/pglite').catch((error: unknown) => {
    // The rest of it is a list of files that asked for it.
    throw errors.SHIP_MIGRATIONS_EMBEDDED({ problem: (error as Error).message.split('\n')[0]! });
  });
  const texts = migrations.flatMap(({ up }) => up.map(({ text }) => text)).join('\n');
  const names = [...new Set([...texts.matchAll(CONTRIB)].map(([, name]) => name!.toLowerCase().replaceAll('-', '_')))];
  const extensions: Record<string, never> = {};
  for (const name of names) {
    const module = await found<Record<string, never>>(dir, `@electric-sql/pglite/contrib/${name}`).catch(() => undefined);
    if (module?.[name] !== undefined) extensions[name] = module[name];
  }
  const open = async () => {
    const db = await PGlite.create({ extensions });
    const connection: Connection = {
      dialect: 'postgres',
      query: async (statement, values = []) => (await db.query<Row>(statement, [...values])).rows,
      run: async (text) => void (await db.exec(text)),
      close: () => db.close(),
    };
    return connection;
  };
  return reopened(await open(), open, (connection) => connection.close());
}

/** A module beside ship, or one of the project. */
async function found<T>(dir: string, name: string): Promise<T> {
  try {
    return (await import(name)) as T;
  } catch {
    return (await import(pathToFileURL(createRequire(join(dir, 'package.json')).resolve(name)).href)) as T;
  }
}

const PREFIX = 'ship_rehearsal_';

/** A database beside the one that a URL names, made for this and dropped again; those that a killed rehearsal has left go as well. */
export async function beside(url: string): Promise<Scratch> {
  const admin = await connect(url);
  const left = await admin.query(
    `SELECT datname FROM pg_database d WHERE datname LIKE '${PREFIX}%' AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = d.datname)`,
  );
  for (const { datname } of left) await admin.query(`DROP DATABASE IF EXISTS "${String(datname)}"`);
  const name = `${PREFIX}${randomBytes(6).toString('hex')}`;
  const target = new URL(url);
  target.pathname = `/${name}`;
  const drop = () => admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  const open = async () => {
    await admin.query(`CREATE DATABASE ${name} TEMPLATE template0`);
    return connect(target.href);
  };
  try {
    return reopened(
      await open(),
      async () => {
        await drop();
        return open();
      },
      async (connection) => {
        // First, as it ends what runs there still.
        await drop();
        await connection.close().catch(() => {});
        await admin.close();
      },
    );
  } catch (error) {
    await drop().catch(() => {});
    await admin.close();
    throw error;
  }
}

function reopened(first: Connection, open: () => Promise<Connection>, close: (connection: Connection) => Promise<void>): Scratch {
  let connection = first;
  return {
    get connection() {
      return connection;
    },
    async reset() {
      await connection.close().catch(() => {});
      connection = await open();
      return connection;
    },
    close: () => close(connection),
  };
}
