import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { hasMariadb } from '../services/mariadb.js';
import { hasMigrationTools } from '../services/migration-tools.js';
import { mariadb } from '../support/databases.js';
import { BIO, LAYOUTS, RENAME, stage, USERS } from '../support/migrations.js';

const layoutOf = (name: string) => LAYOUTS.find(({ tool }) => tool === name)!;
const DBMATE = layoutOf('dbmate');
const on = (layout: (typeof LAYOUTS)[number], more = '') => stage(layout, more, '', mariadb);

/** Two statements, of which the second fails. */
const BROKEN = ['005_broken', 'CREATE TABLE half (id int); INSERT INTO nowhere VALUES (1);', 'DROP TABLE half;'] as const;
const SINGLE = ['005_broken', 'ALTER TABLE users ADD COLUMN id int;', 'ALTER TABLE users DROP COLUMN id;'] as const;
const SLOW = ['006_slow', 'CREATE TABLE slow (id int); SELECT sleep(2);', 'DROP TABLE slow;'] as const;
const TWO = [
  '003_two',
  'ALTER TABLE users RENAME COLUMN email TO mail; ALTER TABLE users RENAME COLUMN id TO uid;',
  'ALTER TABLE users RENAME COLUMN mail TO email; ALTER TABLE users RENAME COLUMN uid TO id;',
] as const;
/** Somebody else works on the schema while the run is under way. */
const OTHER = `require('mysql2/promise').createConnection(process.env.DATABASE_URL)
  .then((client) => client.query('ALTER TABLE users RENAME COLUMN uid TO other').then(() => client.end()));`;
const EXTRA = ['002_extra', 'CREATE TABLE extra (id int);', 'DROP TABLE extra;'] as const;
const ROWS = 1_500_000;
/** Every row is written anew. */
const WIDE = [
  '003_wide',
  'ALTER TABLE users MODIFY email varchar(300) NOT NULL;',
  'ALTER TABLE users MODIFY email text NOT NULL;',
] as const;

/** Is a session of the server in a state? */
const isIn =
  ({ query }: Awaited<ReturnType<typeof on>>, state: string) =>
  async () =>
    (await query(`SELECT 1 FROM information_schema.processlist WHERE state LIKE '${state}'`)).length > 0;

describe.skipIf(!hasMariadb() || !hasMigrationTools())('how migrations in MariaDB end', { timeout: 180_000 }, () => {
  it('given one of two statements of which the second fails, then what the first left is named, and nothing is called rolled back', async () => {
    const it = await on(DBMATE);
    it.add(USERS);
    await it.ship();
    it.add(BROKEN);
    const { report } = await it.ship('--auto-rollback');
    expect(report.failure?.message).toContain('nowhere');
    expect(report.status).not.toBe('rolled_back');
    expect(JSON.stringify(report)).toContain('005 was applied by half: new: table half');
    // It stays so until somebody has put it right.
    expect((await it.ship('recover', '--back', '--yes')).report.status).not.toBe('rolled_back');
    await it.query('DROP TABLE half');
    rmSync(join(it.cwd, 'db/005_broken.sql'));
    expect((await it.ship()).code).toBe(0);
  });

  it('given one statement that fails after another migration was applied, then that one goes back, and nothing of the failed one is left', async () => {
    const it = await on(DBMATE);
    it.add(USERS);
    await it.ship();
    it.add(RENAME, SINGLE);
    const { report, stderr } = await it.ship('--auto-rollback');
    expect(report.status, stderr).toBe('rolled_back');
    expect(report.failure?.message).toContain('Duplicate column');
    expect([await it.applied(), await it.columns()]).toEqual([['001'], ['email', 'id']]);
  });

  it('given one that writes rows and then fails, where the tool opens no transaction, then nobody can tell, and that is said', async () => {
    const it = await on(layoutOf('sequelize'));
    it.add(USERS);
    await it.ship();
    it.add(['005_rows', "INSERT INTO users VALUES (1, 'a'), (1, 'b')", 'DELETE FROM users']);
    const { report } = await it.ship('--auto-rollback');
    expect(report.status).not.toBe('rolled_back');
    expect(JSON.stringify(report)).toContain('rows that it has changed nobody can tell');
  });

  it('given rows of one that fails in a transaction of the tool, then it counts as not applied, unless a table knows no transactions', async () => {
    const it = await on(DBMATE);
    it.add(USERS);
    await it.ship();
    it.add(['005_rows', "INSERT INTO users VALUES (1, 'a'); INSERT INTO users VALUES (1, 'b');", 'DELETE FROM users;']);
    expect((await it.ship('--auto-rollback')).report.status).toBe('rolled_back');
    await it.query('CREATE TABLE old (id int) ENGINE = MyISAM');
    expect((await it.ship('--auto-rollback')).report.status).not.toBe('rolled_back');
  });

  it('given a down of two statements of which the second fails, then the rollback is incomplete, and says why', async () => {
    const it = await on(DBMATE);
    it.add(USERS);
    await it.ship();
    it.add(TWO);
    const config = join(it.cwd, 'ship.yaml');
    writeFileSync(join(it.cwd, 'other.cjs'), OTHER);
    writeFileSync(config, readFileSync(config, 'utf8').replace('test ! -e broken', 'node other.cjs; false'));
    const { report } = await it.ship('--auto-rollback');
    expect(report.status).not.toBe('rolled_back');
    expect(JSON.stringify(report)).toContain("Unknown column 'uid'");
    expect([await it.applied(), await it.columns()]).toEqual([
      ['001', '003'],
      ['email', 'other'],
    ]);
    // Nor does it become so by doing it again.
    expect((await it.ship('recover', '--back', '--yes')).report.status).not.toBe('rolled_back');
  });

  it('given two deployments to one database, then one waits for the other, and finds nothing left to apply', async () => {
    const it = await on(DBMATE);
    it.add(USERS, SLOW);
    const [one, other] = await Promise.all([it.ship(), it.ship('--env', 'production')]);
    expect([one.code, other.code], one.stderr + other.stderr).toEqual([0, 0]);
    expect(await it.applied()).toEqual(['001', '006']);
  });

  it('given a lock of a crashed Knex, then the doctor names who is connected, and takes it away where nobody is', async () => {
    const it = await on(layoutOf('knex'));
    it.add(USERS);
    await it.ship();
    it.add(BIO);
    await it.query('UPDATE knex_migrations_lock SET is_locked = 1');
    expect((await it.ship()).report.failure?.message).toContain('knex_migrations_lock');
    expect(JSON.stringify((await it.ship('doctor', '--fix')).report)).toMatch(
      /nobody can tell whether it is still being applied, by connection \d+ as root from 127\.0\.0\.1.*npx knex migrate:unlock/,
    );
    await it.leave();
    await it.ship('doctor', '--fix');
    expect((await it.ship()).code).toBe(0);
    expect(await it.columns()).toEqual(['bio', 'email', 'id']);
  });

  it('given a user who does not see the others, then the doctor does not take them for nobody', async () => {
    const it = await on(layoutOf('knex'));
    it.add(USERS);
    await it.ship();
    it.add(BIO);
    await it.query("CREATE USER 'app'@'127.0.0.1'");
    await it.query("GRANT ALL ON app.* TO 'app'@'127.0.0.1'");
    await it.query('UPDATE knex_migrations_lock SET is_locked = 1');
    await it.leave();
    const { report } = await it.shipWith({ DATABASE_URL: it.url.replace('root@', 'app@') }, 'doctor', '--fix');
    expect(JSON.stringify(report)).toContain('whom this user may not see, as it has no right to PROCESS');
    expect(await it.query('SELECT is_locked FROM knex_migrations_lock')).toEqual([{ is_locked: 1 }]);
  });

  it('given kill -9 while one waits for a lock, when it is recovered, then nothing of it is there, now or later', async () => {
    const it = await on(DBMATE);
    it.add(USERS);
    await it.ship();
    it.add(EXTRA, RENAME);
    const other = await it.connect();
    await other.query('START TRANSACTION');
    await other.query('SELECT * FROM users');
    await it.killedWhen(isIn(it, 'Waiting for table metadata lock'));
    const ended = pause(3000).then(() => other.end());

    const { report, stderr } = await it.ship('recover', '--back', '--yes');

    await ended;
    expect(report.status, stderr).toBe('rolled_back');
    expect([await it.applied(), await it.columns()]).toEqual([
      ['001', '002'],
      ['email', 'id'],
    ]);
  });

  it('given kill -9 while the server changes a table, when it is recovered, then its end is waited for, and what it has done is named', async () => {
    const it = await on(DBMATE);
    it.add(USERS);
    await it.ship();
    await it.query(`INSERT INTO users SELECT seq, md5(seq) FROM seq_1_to_${ROWS}`);
    it.add(WIDE);
    await it.killedWhen(isIn(it, 'copy to tmp table'));

    const { report } = await it.ship('recover', '--back', '--yes');

    expect(await it.applied()).toEqual(['001']);
    expect(report.status).not.toBe('rolled_back');
    expect(JSON.stringify(report)).toMatch(
      /003 was applied by half: gone: table users: `email` text NOT NULL; new: table users: `email` varchar\(300\)/,
    );
  });

  it('given no database that answers, or options that contradict it, then that is named, and nothing has happened', async () => {
    const it = await on(DBMATE);
    it.add(USERS);
    const config = join(it.cwd, 'ship.yaml');
    const text = readFileSync(config, 'utf8');
    for (const [url, more, why] of [
      ['mysql://root:hidden@127.0.0.1:1/none', '', /mysql:\/\/root@127\.0\.0\.1:1\/none cannot be connected to: .*ECONNREFUSED/],
      [it.url.replace(/app$/, 'none'), '', /Unknown database 'none'/],
      [it.url.replace(/app$/, ''), '', /it names no database/],
      [it.url, ', dump: true', /`dump` is done by pg_dump, and `url` names a database of mysql/],
      [it.url, ', dialect: sqlite', /`dialect` says sqlite, and `url` names a database of mysql/],
    ] as const) {
      writeFileSync(config, text.replace('dir: db', `dir: db${more}`));
      const { report, code } = await it.shipWith({ DATABASE_URL: url });
      expect(code).not.toBe(0);
      expect(JSON.stringify(report)).toMatch(why);
      expect(JSON.stringify(report)).not.toContain('hidden');
    }
    writeFileSync(config, text);
    for (const verb of ['check', 'rehearse'])
      expect((await it.ship('migrations', verb, '--url', it.url)).stderr, verb).toContain('SHIP_MIGRATIONS_USAGE');
    expect(await it.query('SHOW TABLES')).toEqual([]);
  });
});
