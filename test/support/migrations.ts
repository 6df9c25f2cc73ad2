import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Dialect } from '../../plugins/migrations/src/migration.js';
import { givePrisma, giveTools } from '../services/migration-tools.js';
import { type Database, postgres, type Row } from './databases.js';
import { cleanEnv, HEAD, project, SHIP, shipJson } from './ship.js';

/** How a tool lays out a migration. */
export interface Layout {
  readonly tool: string;
  /** Where migrations lie. */
  readonly dir: string;
  readonly files: (id: string, up: string, down: string) => Record<string, string>;
  /** What the tool keeps, oldest first. */
  readonly applied: string;
  readonly idOf: (id: string) => string;
  prepare?(folder: string, dialect: Dialect): Record<string, string>;
  /** After files were added. */
  finish?(folder: string): void;
  /** It knows no way back. */
  readonly hasNoDown?: true;
}

const KNEX_CLIENTS: Readonly<Record<Dialect, string>> = { postgres: 'pg', mysql: 'mysql2', sqlite: 'better-sqlite3' };
const knexfileOf = (dialect: Dialect): string =>
  `module.exports = { client: '${KNEX_CLIENTS[dialect]}', connection: process.env.DATABASE_URL, migrations: { directory: './db' } };\n`;

/** Those whose tools run here. */
export const LAYOUTS: readonly Layout[] = [
  {
    tool: 'dbmate',
    dir: 'db',
    files: (id, up, down) => ({ [`db/${id}.sql`]: `-- migrate:up\n${up}\n-- migrate:down\n${down}\n` }),
    applied: 'SELECT version AS id FROM schema_migrations ORDER BY 1',
    idOf: (id) => id.slice(0, 3),
  },
  {
    tool: 'node-pg-migrate',
    dir: 'db',
    files: (id, up, down) => ({ [`db/${id}.sql`]: `-- Up Migration\n${up}\n-- Down Migration\n${down}\n` }),
    applied: 'SELECT name AS id FROM pgmigrations ORDER BY 1',
    idOf: (id) => id,
  },
  {
    tool: 'knex',
    dir: 'db',
    files: (id, up, down) => ({
      [`db/${id}.js`]: `exports.up = (knex) => knex.raw(\`${up}\`);\nexports.down = (knex) => knex.raw(\`${down}\`);\n`,
    }),
    applied: 'SELECT name AS id FROM knex_migrations ORDER BY 1',
    idOf: (id) => `${id}.js`,
    prepare: (folder, dialect) => {
      writeFileSync(join(folder, 'knexfile.js'), knexfileOf(dialect));
      return {};
    },
  },
  {
    tool: 'sequelize',
    dir: 'db',
    files: (id, up, down) => ({
      [`db/${id}.js`]: `module.exports = {\n  async up(queryInterface) { await queryInterface.sequelize.query(\`${up}\`); },\n  async down(queryInterface) { await queryInterface.sequelize.query(\`${down}\`); },\n};\n`,
    }),
    applied: 'SELECT name AS id FROM "SequelizeMeta" ORDER BY 1',
    idOf: (id) => `${id}.js`,
  },
  {
    tool: 'drizzle',
    dir: 'drizzle',
    files: (id, up) => ({ [`drizzle/${id}.sql`]: up.replaceAll('; ', ';\n--> statement-breakpoint\n') }),
    applied: 'SELECT (created_at - 1700000000000)::text AS id FROM drizzle.__drizzle_migrations ORDER BY created_at',
    // It keeps times and hashes.
    idOf: (id) => String(Number(id.slice(0, 3))),
    hasNoDown: true,
    prepare: (folder) => {
      writeFileSync(
        join(folder, 'drizzle.config.js'),
        "module.exports = { dialect: 'postgresql', out: './drizzle', schema: './schema.js', dbCredentials: { url: process.env.DATABASE_URL } };\n",
      );
      writeFileSync(join(folder, 'schema.js'), '');
      return {};
    },
    finish: (folder) => {
      const tags = readdirSync(join(folder, 'drizzle')).filter((name) => name.endsWith('.sql'));
      const entries = tags.sort().map((name, idx) => ({
        idx,
        version: '7',
        when: 1_700_000_000_000 + Number(name.slice(0, 3)),
        tag: name.slice(0, -4),
        breakpoints: true,
      }));
      mkdirSync(join(folder, 'drizzle/meta'), { recursive: true });
      writeFileSync(join(folder, 'drizzle/meta/_journal.json'), JSON.stringify({ version: '7', dialect: 'postgresql', entries }));
    },
  },
  {
    tool: 'prisma',
    dir: 'prisma/migrations',
    files: (id, up, down) => ({ [`prisma/migrations/${id}/migration.sql`]: up, [`prisma/migrations/${id}/down.sql`]: down }),
    applied: 'SELECT migration_name AS id FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY 1',
    idOf: (id) => id,
    prepare: (folder) => {
      mkdirSync(join(folder, 'prisma/migrations'), { recursive: true });
      writeFileSync(join(folder, 'prisma/migrations/migration_lock.toml'), 'provider = "postgresql"\n');
      return givePrisma(folder, 'model users {\n  id Int @id\n}');
    },
  },
];

export const USERS = ['001_users', 'CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL);', 'DROP TABLE users;'] as const;
export const BIO = ['002_bio', 'ALTER TABLE users ADD COLUMN bio text;', 'ALTER TABLE users DROP COLUMN bio;'] as const;
export const RENAME = [
  '003_mail',
  'ALTER TABLE users RENAME COLUMN email TO mail;',
  'ALTER TABLE users RENAME COLUMN mail TO email;',
] as const;
export const DROP = ['004_gone', 'ALTER TABLE users DROP COLUMN email;', 'ALTER TABLE users ADD COLUMN email text;'] as const;

const CONFIG = (dir: string, more: string, step: string) =>
  `${HEAD}plugins: [{ migrations: { dir: ${dir}${more} } }]\nsteps:\n  - { id: schema, uses: migrations/up${step} }\n  - { id: check, run: test ! -e broken, undo: "true" }\nverify: { smoke: [{ run: "true" }] }\n`;

/** Waits for what is to come true. */
const until = async (holds: () => boolean | Promise<boolean>) => {
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('it never came true');
};

/** A project with a database of its own. */
export async function stage(layout: Layout, more = '', step = '', open = postgres()) {
  const cwd = project(CONFIG(layout.dir, more, step));
  const { dialect, url, connect, columns } = await open(cwd);
  giveTools(cwd);
  const env = { ...layout.prepare?.(cwd, dialect), DATABASE_URL: url };
  mkdirSync(join(cwd, layout.dir), { recursive: true });
  let client: Awaited<ReturnType<Database['connect']>> | undefined;
  const leave = async () => {
    await client?.end().catch(() => {});
    client = undefined;
  };
  onTestFinished(leave);
  const query = async (text: string): Promise<Row[]> => {
    client ??= await connect();
    return client.query(text);
  };
  return {
    cwd,
    env,
    url,
    query,
    /** From then on nobody is connected, until something is queried. */
    leave,
    add: (...migrations: (readonly [string, string, string])[]) => {
      for (const [id, up, down] of migrations)
        for (const [path, text] of Object.entries(layout.files(id, up, down))) {
          mkdirSync(dirname(join(cwd, path)), { recursive: true });
          writeFileSync(join(cwd, path), text);
        }
      layout.finish?.(cwd);
    },
    break: () => writeFileSync(join(cwd, 'broken'), ''),
    /** Deploys, and kills the run once something holds. */
    killedWhen: async (holds: Parameters<typeof until>[0]) => {
      const child = spawn(process.execPath, [SHIP], { cwd, env: cleanEnv(env), stdio: 'ignore' });
      await until(holds);
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
    ship: (...args: string[]) => shipJson(args, { cwd, env }),
    shipWith: (more: Record<string, string>, ...args: string[]) => shipJson(args, { cwd, env: { ...env, ...more } }),
    applied: async () => (await query(layout.applied)).map(({ id }) => String(id)),
    columns: async () => (await query(columns)).map(({ name }) => name),
    /** Another client beside that of `query`. */
    connect,
  };
}
