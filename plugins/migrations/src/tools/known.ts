import { join } from 'node:path';
import { isTrue } from '../database/tables.js';
import type { Dialect } from '../migration.js';
import { BREAKPOINT } from '../readers/drizzle.js';
import { isFolder } from '../readers/files.js';
import { changedSince, crcOf, hashesOf } from './checksums.js';
import { idsOf, rowsOf } from './tables.js';
import type { Applied, At, Call, Tool } from './tool.js';

/** All that ship knows. */
const ALL: readonly Dialect[] = ['mysql', 'sqlite'];

const at = ({ url }: At, ...argv: [string, ...string[]]): Call => ({ argv, env: { DATABASE_URL: url } });

const dbmateAt = ({ folder, url }: At, verb: string): Call =>
  at({ folder, url }, 'dbmate', '--migrations-dir', folder, '--no-dump-schema', verb);

/** Makes the database where there is none, as the tool does. */
const dbmate: Tool = {
  name: 'dbmate',
  own: ['schema_migrations'],
  dialects: ALL,
  wraps: ALL,
  appliesAll: true,
  applied: (connection) => idsOf(connection, 'schema_migrations', 'version'),
  up: (where) => dbmateAt(where, 'up'),
  down: (where) => dbmateAt(where, 'rollback'),
};

const nodePgMigrateAt = (where: At, way: string): Call =>
  at(where, 'node-pg-migrate', way, '1', '--migrations-dir', where.folder, '--no-check-order');

const nodePgMigrate: Tool = {
  name: 'node-pg-migrate',
  own: ['pgmigrations'],
  applied: (connection) => idsOf(connection, 'pgmigrations', 'name', 'ORDER BY run_on, id'),
  up: (where) => nodePgMigrateAt(where, 'up'),
  down: (where) => nodePgMigrateAt(where, 'down'),
};

/** Its config names the folder and the database. */
const knex: Tool = {
  name: 'knex',
  own: ['knex_migrations', 'knex_migrations_lock'],
  dialects: ALL,
  wraps: ALL,
  isFixed: true,
  async applied(connection) {
    const { ids } = await idsOf(connection, 'knex_migrations', 'name', 'ORDER BY id');
    const [lock] = await rowsOf(connection, 'knex_migrations_lock', (table) => `SELECT is_locked FROM ${table} WHERE is_locked = 1`);
    if (lock === undefined) return { ids };
    const problem = 'knex_migrations_lock says that somebody applies migrations; a knex that was killed leaves it so for ever';
    return {
      ids,
      dirty: {
        problem,
        commands: ['npx knex migrate:unlock'],
        forget: (open) => open.run('UPDATE knex_migrations_lock SET is_locked = 0'),
      },
    };
  },
  up: (where, id) => at(where, 'knex', 'migrate:up', id),
  down: (where, id) => at(where, 'knex', 'migrate:down', id),
};

const sequelize: Tool = {
  name: 'sequelize',
  own: ['SequelizeMeta'],
  dialects: ALL,
  isFixed: true,
  applied: (connection) => idsOf(connection, 'SequelizeMeta', 'name'),
  up: (where, id) => at(where, 'sequelize-cli', 'db:migrate', '--url', where.url, '--migrations-path', where.folder, '--to', id),
  down: (where, id) => at(where, 'sequelize-cli', 'db:migrate:undo', '--url', where.url, '--migrations-path', where.folder, '--name', id),
};

/** It keeps one version alone: all up to it are applied. */
const golangMigrate: Tool = {
  name: 'golang-migrate',
  own: ['schema_migrations'],
  locks: true,
  async applied(connection, { migrations }): Promise<Applied> {
    const [row] = await rowsOf(connection, 'schema_migrations', (table) => `SELECT version, dirty FROM ${table}`);
    if (row === undefined) return { ids: [] };
    const version = String(row.version);
    const until = migrations.findIndex(({ id }) => id === version);
    const ids = until < 0 ? [version] : migrations.slice(0, until + 1).map(({ id }) => id);
    if (!isTrue(row.dirty)) return { ids };
    const before = migrations[until - 1]?.id;
    return {
      ids: ids.slice(0, -1),
      dirty: {
        id: version,
        problem: `schema_migrations says that version ${version} is dirty: its apply began, and did not end well`,
        commands: [`migrate -path DIR -database URL force ${before ?? -1}`, `migrate -path DIR -database URL force ${version}`],
        async forget(open) {
          if (before === undefined) await open.query('DELETE FROM schema_migrations');
          else await open.query('UPDATE schema_migrations SET version = $1, dirty = false', [before]);
        },
      },
    };
  },
  up: ({ folder, url }) => ({ argv: ['migrate', '-path', folder, '-database', url, 'up', '1'] }),
  down: ({ folder, url }) => ({ argv: ['migrate', '-path', folder, '-database', url, 'down', '1'] }),
};

const gooseAt = ({ folder, url }: At, ...words: string[]): Call => ({
  argv: ['goose', '-dir', folder, ...words],
  env: { GOOSE_DRIVER: 'postgres', GOOSE_DBSTRING: url },
});

const goose: Tool = {
  name: 'goose',
  own: ['goose_db_version'],
  applied: (connection) => idsOf(connection, 'goose_db_version', 'version_id', 'WHERE is_applied AND version_id > 0 ORDER BY id'),
  up: (where) => gooseAt(where, 'up-by-one'),
  down: (where) => gooseAt(where, 'down'),
};

const diesel: Tool = {
  name: 'diesel',
  own: ['__diesel_schema_migrations'],
  // Of SQLite it takes paths, and no URLs.
  dialects: ['mysql'],
  wraps: ['mysql'],
  appliesAll: true,
  applied: (connection) => idsOf(connection, '__diesel_schema_migrations', 'version'),
  up: (where) => at(where, 'diesel', 'migration', 'run', '--migration-dir', where.folder, '--locked-schema'),
  down: (where) => at(where, 'diesel', 'migration', 'revert', '--migration-dir', where.folder, '--locked-schema'),
};

/** Beside the migrations stands the schema, which must be there. */
const prisma: Tool = {
  name: 'prisma',
  own: ['_prisma_migrations'],
  // The folder of the schema.
  hasOwnBase: true,
  dialects: ALL,
  isFixed: true,
  appliesAll: true,
  async applied(connection, { migrations }) {
    const rows = await rowsOf(
      connection,
      '_prisma_migrations',
      (table) =>
        `SELECT migration_name AS id, checksum, finished_at IS NOT NULL AS finished FROM ${table} WHERE rolled_back_at IS NULL ORDER BY started_at`,
    );
    const done = rows.filter(({ finished }) => isTrue(finished));
    const ids = done.map(({ id }) => String(id));
    const kept = done.map(({ id, checksum }) => ({ id: String(id), checksum: String(checksum) }));
    const changed = changedSince(kept, migrations, { checksums: hashesOf });
    const failed = rows.find(({ finished }) => !isTrue(finished));
    if (failed === undefined) return { ids, changed };
    const id = String(failed.id);
    return {
      ids,
      changed,
      dirty: {
        id,
        problem: `_prisma_migrations says that ${id} failed, so nothing more is applied (P3009)`,
        commands: [`npx prisma migrate resolve --rolled-back ${id}`, `npx prisma migrate resolve --applied ${id}`],
        forget: async (open) =>
          void (await open.query(
            `UPDATE _prisma_migrations SET rolled_back_at = ${open.dialect === 'sqlite' ? 'unixepoch() * 1000' : 'now()'} WHERE migration_name = $1 AND finished_at IS NULL`,
            [id],
          )),
      },
    };
  },
  up: (where) => at(where, 'prisma', 'migrate', 'deploy'),
  // The tool marks only what failed as taken back.
  forgets: (id) => ({ statement: 'DELETE FROM _prisma_migrations WHERE migration_name = $1', values: [id] }),
};

/** It keeps the hash of each, and when it was written; it has no way back of its own. */
const drizzle: Tool = {
  name: 'drizzle',
  // PostgreSQL has a schema of it.
  own: ['drizzle', '__drizzle_migrations'],
  dialects: ALL,
  isFixed: true,
  appliesAll: true,
  async applied(connection, { migrations }) {
    const name = connection.dialect === 'postgres' ? 'drizzle.__drizzle_migrations' : '__drizzle_migrations';
    const rows = await rowsOf(connection, name, (table) => `SELECT hash FROM ${table} ORDER BY created_at`);
    const ids = migrations.slice(0, rows.length).map(({ id }) => id);
    const kept = ids.map((id, at) => ({ id, checksum: String(rows[at]!.hash) }));
    return { ids, changed: changedSince(kept, migrations, { checksums: hashesOf, between: BREAKPOINT }) };
  },
  up: (where) => at(where, 'drizzle-kit', 'migrate'),
};

const sqitchAt = ({ folder, url }: At, verb: string, ...words: string[]): Call => ({
  argv: ['sqitch', '--chdir', folder, verb, '--target', `db:${url.replace(/^postgres(ql)?:/, 'pg:')}`, ...words],
});

const sqitch: Tool = {
  name: 'sqitch',
  own: ['sqitch'],
  applied: (connection) => idsOf(connection, 'sqitch.changes', 'change', 'ORDER BY committed_at'),
  isFixed: true,
  up: (where, id) => sqitchAt(where, 'deploy', '--to-change', id),
  down: (where, _id, before) => sqitchAt(where, 'revert', '--to-change', before ?? '@ROOT', '-y'),
};

const rails: Tool = {
  name: 'rails',
  own: ['schema_migrations', 'ar_internal_metadata'],
  dialects: ALL,
  // In MySQL it opens none.
  wraps: ['sqlite'],
  isFixed: true,
  applied: (connection) => idsOf(connection, 'schema_migrations', 'version'),
  up: (where, id) => at(where, 'bin/rails', 'db:migrate:up', `VERSION=${id}`),
  down: (where, id) => at(where, 'bin/rails', 'db:migrate:down', `VERSION=${id}`),
};

/** It keeps the newest alone: what stands before it is applied. */
const alembic: Tool = {
  name: 'alembic',
  own: ['alembic_version'],
  dialects: ALL,
  isFixed: true,
  async applied(connection, { migrations }) {
    const { ids } = await idsOf(connection, 'alembic_version', 'version_num');
    const until = Math.max(-1, ...ids.map((id) => migrations.findIndex((each) => each.id === id)));
    return { ids: until < 0 ? ids : migrations.slice(0, until + 1).map(({ id }) => id) };
  },
  up: (where) => at(where, 'alembic', 'upgrade', '+1'),
  down: (where) => at(where, 'alembic', 'downgrade', '-1'),
};

const flyway: Tool = {
  name: 'flyway',
  own: ['flyway_schema_history'],
  dialects: ALL,
  async applied(connection, { migrations }) {
    const rows = await rowsOf(
      connection,
      'flyway_schema_history',
      (table) => `SELECT version, success, checksum FROM ${table} WHERE version IS NOT NULL ORDER BY installed_rank`,
    );
    const done = rows.filter(({ success }) => isTrue(success));
    const ids = done.map(({ version }) => String(version));
    // A program has none, nor has what a database had when Flyway came to it.
    const kept = done.map(({ version, checksum }) => ({ id: String(version), checksum: checksum === null ? undefined : String(checksum) }));
    const changed = changedSince(kept, migrations, { checksums: crcOf });
    const failed = rows.find(({ success }) => !isTrue(success));
    return failed === undefined
      ? { ids, changed }
      : {
          ids,
          changed,
          dirty: {
            id: String(failed.version),
            problem: `flyway_schema_history says that ${failed.version} failed`,
            commands: ['flyway repair'],
            forget: (open) => open.run('DELETE FROM flyway_schema_history WHERE NOT success'),
          },
        };
  },
  up: ({ folder, url }, id) => ({
    argv: ['flyway', `-locations=filesystem:${folder}`, `-target=${id}`, 'migrate'],
    env: { FLYWAY_URL: `jdbc:${url}` },
  }),
  down: ({ folder, url }, id) => ({
    argv: ['flyway', `-locations=filesystem:${folder}`, `-target=${id}`, 'undo'],
    env: { FLYWAY_URL: `jdbc:${url}` },
  }),
};

/** Those that are told what to do. */
export const TOOLS: readonly Tool[] = [
  dbmate,
  nodePgMigrate,
  knex,
  sequelize,
  golangMigrate,
  goose,
  diesel,
  prisma,
  drizzle,
  sqitch,
  rails,
  alembic,
  flyway,
];

/** Where programs of the project lie. */
export const programsOf = (dir: string): string[] => [join(dir, 'node_modules/.bin')].filter(isFolder);
