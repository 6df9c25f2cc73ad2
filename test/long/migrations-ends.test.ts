import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { hasMigrationTools } from '../services/migration-tools.js';
import { hasPostgres } from '../services/postgres.js';
import { BIO, DROP, LAYOUTS, RENAME, stage, USERS } from '../support/migrations.js';

const layoutOf = (name: string) => LAYOUTS.find(({ tool }) => tool === name)!;
const DBMATE = layoutOf('dbmate');
const PRISMA = layoutOf('prisma');

/** Two statements, of which the second fails. */
const BROKEN = ['005_broken', 'CREATE TABLE half (id int); SELECT 1 / 0;', 'DROP TABLE half;'] as const;
const SLOW = ['006_slow', 'CREATE TABLE slow (id int); SELECT pg_sleep(2);', 'DROP TABLE slow;'] as const;
const EXTRA = ['002_extra', 'CREATE TABLE extra (id int);', 'DROP TABLE extra;'] as const;

describe.skipIf(!hasPostgres() || !hasMigrationTools())('how migrations in a run end', () => {
  it('given one that fails after another was applied, then that one stays or goes back, and nothing of the failed one is left', async () => {
    const it = await stage(DBMATE);
    it.add(USERS);
    await it.ship();
    it.add(RENAME, BROKEN);
    const { code, report, stderr } = await it.ship('--auto-rollback');
    expect({ code, status: report.status }, stderr).toEqual({ code: 1, status: 'rolled_back' });
    expect(report.failure?.message).toContain('division by zero');
    expect(await it.applied()).toEqual(['001']);
    expect(await it.columns()).toEqual(['email', 'id']);
  }, 180_000);

  it('given the very first one, which fails, then the tables of the tool itself are no part of the schema', async () => {
    const it = await stage(DBMATE);
    it.add(BROKEN);
    const failed = await it.ship('--auto-rollback');
    expect(failed.report.status, failed.stderr).toBe('rolled_back');
    expect(await it.applied()).toEqual([]);
    rmSync(join(it.cwd, 'db/005_broken.sql'));
    it.add(['001_mood', "CREATE TYPE mood AS ENUM ('good');", 'DROP TYPE mood;'], ['002_kept', 'CREATE SCHEMA kept;', 'DROP SCHEMA kept;']);
    it.break();
    const { report, stderr } = await it.ship('--auto-rollback');
    expect(report.status, stderr).toBe('rolled_back');
  }, 180_000);

  it('given one that fails outside of a transaction, then what it left is named, and nothing is called rolled back', async () => {
    const it = await stage(DBMATE);
    it.add(USERS);
    await it.ship();
    writeFileSync(
      join(it.cwd, 'db/005_broken.sql'),
      '-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY half ON users (email, (1 / (id - id)));\n-- migrate:down\nDROP INDEX half;\n',
    );
    await it.query("INSERT INTO users VALUES (1, 'a')");
    const { report } = await it.ship('--auto-rollback');
    expect(report.status).not.toBe('rolled_back');
    expect(JSON.stringify(report)).toMatch(/005 was applied by half: new: index: CREATE INDEX half/);
  }, 180_000);

  describe.each(['--back', '--forward'])('given kill -9 while one waits for a lock', (way) => {
    it(`when it is recovered ${way}, then what it did is taken back, or all is applied`, async () => {
      const it = await stage(DBMATE, ', lock_timeout: none');
      it.add(USERS);
      await it.ship();
      it.add(EXTRA, RENAME);
      const other = new pg.Client(it.url);
      await other.connect();
      await other.query('BEGIN; SELECT * FROM users');
      await it.killedWhen(async () => (await it.query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'")).length > 0);
      setTimeout(() => void other.end(), 500);

      const { report, stderr } = await it.ship('recover', way, '--yes');

      expect(report.status, stderr).toBe(way === '--back' ? 'rolled_back' : 'succeeded');
      expect(await it.columns()).toEqual(way === '--back' ? ['email', 'id'] : ['id', 'mail']);
      expect(await it.applied()).toEqual(way === '--back' ? ['001', '002'] : ['001', '002', '003']);
    }, 180_000);
  });

  it('given a down that is not the inverse of its up, then the rollback is incomplete, and says what differs', async () => {
    const it = await stage(DBMATE);
    it.add(USERS);
    await it.ship();
    it.add(RENAME);
    it.break();
    // Somebody else works on the schema while the run is under way.
    writeFileSync(
      join(it.cwd, 'other.sh'),
      `node -e "
      const pg = require('pg'); const c = new pg.Client(process.env.DATABASE_URL);
      c.connect().then(() => c.query('CREATE INDEX other ON users (id)')).then(() => c.end());"\n`,
    );
    writeFileSync(
      join(it.cwd, 'ship.yaml'),
      readFileSync(join(it.cwd, 'ship.yaml'), 'utf8').replace('test ! -e broken', 'sh other.sh; false'),
    );
    const { report } = await it.ship('--auto-rollback');
    expect(report.status).not.toBe('rolled_back');
    expect(JSON.stringify(report)).toMatch(/new: index: CREATE INDEX other/);
  }, 180_000);

  it('given files that an older checkout does not have, then the downs of the newer one are run', async () => {
    const it = await stage(DBMATE);
    it.add(USERS);
    await it.ship();
    it.add(RENAME);
    await it.ship();
    rmSync(join(it.cwd, 'db/003_mail.sql'));
    const [, oldest] = (await it.ship('snapshots', 'list')).report.result as unknown as { id: string }[];
    const { report, stderr } = await it.ship('rollback', '--to', oldest!.id);
    expect(report.exit_code, stderr).toBe(0);
    expect(await it.columns()).toEqual(['email', 'id']);
  }, 180_000);

  it('given a lock that somebody holds, then a deploy waits for it, and says who holds it where that takes too long', async () => {
    const it = await stage(DBMATE, ', lock_timeout: 500ms');
    it.add(USERS);
    await it.ship();
    it.add(RENAME);
    const other = new pg.Client(it.url);
    await other.connect();
    await other.query('BEGIN; SELECT * FROM users');
    const { report } = await it.ship('--auto-rollback');
    await other.end();
    expect(report.failure?.message).toMatch(/lock timeout/);
    expect(report.status).toBe('rolled_back');
    expect(await it.applied()).toEqual(['001']);
    expect(await it.ship()).toMatchObject({ code: 0 });
  }, 180_000);

  it('given two deployments to one database, then one waits for the other, and finds nothing left to apply', async () => {
    const it = await stage(DBMATE);
    it.add(USERS, SLOW);
    const [one, other] = await Promise.all([it.ship(), it.ship('--env', 'production')]);
    expect([one.code, other.code], one.stderr + other.stderr).toEqual([0, 0]);
    expect(await it.applied()).toEqual(['001', '006']);
  }, 180_000);

  it('given a migration of Prisma that failed in another hand, then it is explained with the commands, and recovered where nothing of it is there', async () => {
    const it = await stage(PRISMA);
    it.add(USERS);
    await it.ship();
    it.add(['005_broken', 'CREATE TABLE broken (id int REFERENCES nowhere);', 'SELECT 1;']);
    const failed = await it.ship('--auto-rollback');
    expect(failed.report.status, failed.stderr).toBe('rolled_back');
    expect(await it.applied()).toEqual(['001_users']);
    rmSync(join(it.cwd, 'prisma/migrations/005_broken'), { recursive: true });
    await it.query(
      "INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, applied_steps_count) VALUES ('x', 'y', '009_other', now(), 0)",
    );
    it.add(BIO, ['009_other', 'CREATE TABLE other (id int);', 'DROP TABLE other;']);
    const { report } = await it.ship();
    expect(report.failure?.message).toContain('009_other failed');
    expect(JSON.stringify(report)).toContain('npx prisma migrate resolve --rolled-back 009_other');
    // Somebody else is connected: it may be who applies it.
    const fixed = (await it.ship('doctor', '--fix')).report;
    expect(JSON.stringify(fixed)).toMatch(
      /P3009.*nobody can tell whether it is still being applied, by a stranger.*npx prisma migrate resolve/,
    );
    await it.leave();
    expect(JSON.stringify((await it.ship('doctor')).report)).toContain('`ship doctor --fix` puts it right');
    expect((await it.ship('doctor', '--fix')).report.result).toContainEqual({
      level: 'info',
      rule: 'mended',
      message: expect.stringContaining('009_other failed'),
    });
    expect(await it.ship()).toMatchObject({ code: 0 });
    expect(await it.applied()).toEqual(['001_users', '002_bio', '009_other']);
  }, 180_000);

  it('given a failed one whose file is not there, or a schema that is not as before, then nobody forgets it', async () => {
    const it = await stage(PRISMA);
    it.add(USERS);
    await it.ship();
    await it.query(
      "INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, applied_steps_count) VALUES ('x', 'y', '009_other', now(), 0)",
    );
    await it.leave();
    const fix = async () => JSON.stringify((await it.ship('doctor', '--fix')).report.result);
    expect(await fix()).toContain('no file says what it does');
    it.add(['009_other', 'CREATE TABLE half (id int);', 'DROP TABLE half;']);
    await it.query('CREATE TABLE half (id int)');
    await it.leave();
    expect(await fix()).toMatch(/009_other was applied by half: .*half/);
    expect(
      (await it.query('SELECT count(*)::int AS n FROM _prisma_migrations WHERE rolled_back_at IS NULL AND finished_at IS NULL'))[0],
    ).toEqual({ n: 1 });
  }, 180_000);

  it('given a file of Drizzle that was changed after it was applied, then the doctor says so, and says nothing of one that was not', async () => {
    const it = await stage(layoutOf('drizzle'));
    it.add(USERS, BIO);
    await it.ship();
    const changed = async () => JSON.stringify((await it.ship('doctor')).report.result).match(/\w+(?= was changed since it was applied)/g);
    expect(await changed()).toBeNull();
    it.add([BIO[0], 'ALTER TABLE users ADD COLUMN bio varchar;', '']);
    expect(await changed()).toEqual(['002_bio']);
  }, 180_000);

  it('given a file that was changed after it was applied, then the doctor says so, and no way back goes by it', async () => {
    const it = await stage(PRISMA);
    it.add(USERS);
    await it.ship();
    it.add(DROP);
    await it.ship();
    it.add([DROP[0], 'SELECT 1;', 'SELECT 1;']);
    expect(JSON.stringify((await it.ship('doctor')).report.result)).toContain('004_gone was changed since it was applied');
    const back = async () => {
      const [{ id }] = (await it.ship('snapshots', 'list')).report.result.slice(-1);
      return JSON.stringify((await it.ship('rollback', '--to', id)).report);
    };
    // The file that was applied is kept.
    expect(await back()).toContain('up-drop-column');
    await it.query("UPDATE _prisma_migrations SET checksum = 'another' WHERE migration_name = '004_gone'");
    expect(await back()).toContain('004_gone is not what was applied, by the checksum of the tool');
    expect(await it.applied()).toEqual(['001_users', '004_gone']);
  }, 180_000);

  it('given a database that does not answer, then recover does what else there is to do, and the doctor says so', async () => {
    const it = await stage(DBMATE);
    it.add(USERS);
    await it.ship();
    const env = { DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none' };
    const { code, report } = await it.shipWith(env, 'recover');
    expect({ code, result: report.result }).toMatchObject({ code: 0, result: expect.stringContaining('nothing to recover') });
    const doctor = await it.shipWith(env, 'doctor', '--fix');
    expect([doctor.code, JSON.stringify(doctor.report.result)]).toEqual([2, expect.stringContaining('127.0.0.1:9')]);
  }, 180_000);

  it('given all of it killed while rows are written outside of a transaction, then nothing is called rolled back: the server goes on', async () => {
    const it = await stage(DBMATE);
    it.add(USERS);
    await it.ship();
    await it.query("INSERT INTO users VALUES (1, 'before')");
    writeFileSync(
      join(it.cwd, 'db/005_rows.sql'),
      "-- migrate:up transaction:false\nUPDATE users SET email = 'after' WHERE pg_sleep(8) IS NOT NULL;\n-- migrate:down\nSELECT 1;\n",
    );
    const executing = "SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(8)%' AND state = 'active' AND pid <> pg_backend_pid()";
    await it.killedWhen(async () => (await it.query(executing)).length > 0);
    const { report } = await it.ship('recover', '--back', '--yes');
    expect(report.status).not.toBe('rolled_back');
    expect(JSON.stringify(report)).toMatch(/005 was cut off outside of a transaction.*rows that it has changed nobody can tell/);
    expect(await it.query('SELECT email FROM users')).toEqual([{ email: 'after' }]);
  }, 180_000);

  it.each([
    ['one that the old code does not get along with', RENAME, 'email,id'],
    ['one that it gets along with', BIO, 'bio,email,id'],
  ] as const)('given %s, when the run goes back, then the old code finds the schema that it needs', async (_what, migration, seen) => {
    const it = await stage(DBMATE);
    it.add(USERS);
    await it.ship();
    it.add(migration);
    writeFileSync(
      join(it.cwd, 'old-code.cjs'),
      `const { Client } = require('pg');
       const client = new Client(process.env.DATABASE_URL);
       client.connect().then(() => client.query("SELECT string_agg(column_name, ',' ORDER BY column_name) AS names FROM information_schema.columns WHERE table_name = 'users'"))
         .then(({ rows }) => { require('fs').writeFileSync('seen', rows[0].names); return client.end(); });`,
    );
    const config = join(it.cwd, 'ship.yaml');
    const code = '  - { id: code, run: "true", undo: node old-code.cjs, needs: [schema] }\n  - { id: check';
    writeFileSync(
      config,
      readFileSync(config, 'utf8').replace('  - { id: check', code).replace(', undo: "true" }', ', undo: "true", needs: [code] }'),
    );
    it.break();
    const { report, stderr } = await it.ship('--auto-rollback');
    expect(report.status, stderr).toBe('rolled_back');
    expect(readFileSync(join(it.cwd, 'seen'), 'utf8')).toBe(seen);
  });

  it('given a gate, when a release could not be rolled back, then nothing is applied, unless somebody has looked at it', async () => {
    const it = await stage(DBMATE);
    const gate = (more: string) =>
      writeFileSync(
        join(it.cwd, 'ship.yaml'),
        readFileSync(join(it.cwd, 'ship.yaml'), 'utf8').replace(
          /steps:\n(?: {2}- \{ id: gate.*\n)?/,
          `steps:\n  - { id: gate, uses: migrations/gate${more} }\n`,
        ),
      );
    gate('');
    it.add(USERS);
    expect((await it.ship()).code).toBe(0);
    it.add(DROP);
    const { report } = await it.ship();
    expect(report.failure?.message).toMatch(/could not be rolled back: 004 gone: .*up-drop-column/);
    expect(await it.applied()).toEqual(['001']);
    gate(', with: { accept: ["004"] }');
    expect(await it.ship()).toMatchObject({ code: 0 });
    expect(await it.applied()).toEqual(['001', '004']);
  }, 180_000);

  it('given a migration that takes something away, then it waits until enough releases were verified, and the reason is shown', async () => {
    const it = await stage(DBMATE, '', ', with: { contract: { after: bake } }');
    it.add(USERS);
    await it.ship();
    it.add(BIO, DROP);
    expect(await it.ship()).toMatchObject({ code: 0 });
    expect(await it.applied()).toEqual(['001', '002']);
    const why = '004 waits: 0 of 1 release was verified since it came';
    expect(JSON.stringify((await it.ship('doctor')).report)).toContain(why);
    expect((await it.ship('status')).report.result).toMatchObject({ waiting: [`db: ${why}`] });
    expect(await it.ship()).toMatchObject({ code: 0 });
    expect(await it.applied()).toEqual(['001', '002', '004']);
  }, 180_000);

  it('given no database, or none that answers, then that is named, and nothing has happened', async () => {
    const it = await stage(DBMATE);
    it.add(USERS);
    for (const [url, why] of [
      ['postgres://nobody@127.0.0.1:1/none', /127\.0\.0\.1:1\/none cannot be connected to: .*ECONNREFUSED/],
      ['mssql://root:hidden@127.0.0.1/none', /mssql:\/\/root@127\.0\.0\.1\/none cannot be connected to: only postgres/],
      ['', /`url` names the database/],
    ] as const) {
      it.env.DATABASE_URL = url;
      const { report, code } = await it.ship();
      expect(code).not.toBe(0);
      expect(JSON.stringify(report)).toMatch(why);
      expect(JSON.stringify(report)).not.toContain('hidden');
    }
  }, 180_000);
});
