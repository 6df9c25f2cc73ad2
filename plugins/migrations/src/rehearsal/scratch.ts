import { randomBytes } from 'node:crypto';
import { connect } from '../database/connect.js';
import type { Connection } from '../database/connection.js';
import type { Migration } from '../migration.js';
import { startEmbedded } from './embedded.js';

/** A database of its own, in which anything may be tried. */
export interface Scratch {
  readonly connection: Connection;
  /** An empty one in its place. */
  reset(): Promise<Connection>;
  close(): Promise<void>;
}

/** Extensions that migrations make. */
const EXTENSION = /\bCREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?"?([\w-]+)"?/gi;

/** A PostgreSQL in memory. What it has no extension for fails where it is asked for. Throws SHIP_MIGRATIONS_EMBEDDED. */
export async function embedded(dir: string, migrations: readonly Migration[]): Promise<Scratch> {
  const texts = migrations.flatMap(({ up }) => up.map(({ text }) => text)).join('\n');
  const extensions = [...new Set([...texts.matchAll(EXTENSION)].map(([, name]) => name!.toLowerCase().replaceAll('-', '_')))];
  const open = () => startEmbedded(dir, extensions);
  return reopened(await open(), open, (connection) => connection.close());
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
