import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { hasMigrationTools } from '../services/migration-tools.js';
import { hasSqlite, hasSqliteFile, sqlite } from '../support/databases.js';
import { LAYOUTS, RENAME, stage, USERS } from '../support/migrations.js';

const DBMATE = LAYOUTS.find(({ tool }) => tool === 'dbmate')!;
const here = () => stage(DBMATE, '', '', sqlite);

const EXTRA = ['002_extra', 'CREATE TABLE extra (id int);', 'DROP TABLE extra;'] as const;
/** Two statements, of which the second fails. */
const BROKEN = ['005_broken', 'CREATE TABLE half (id int); INSERT INTO nowhere VALUES (1);', 'DROP TABLE half;'] as const;
const SLOW = [
  '006_slow',
  'CREATE TABLE slow (id int); INSERT INTO slow WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 20000000) SELECT max(x) FROM n;',
  'DROP TABLE slow;',
] as const;

describe.skipIf(hasSqlite())('migrations in SQLite, where Node has none', () => {
  it.skipIf(!hasMigrationTools())('given a file of SQLite, then it is said which Node is needed, and nothing is made', async () => {
    const it = await stage(DBMATE, '', '', async () => ({
      dialect: 'sqlite',
      url: 'sqlite:app.sqlite3',
      columns: '',
      connect: () => Promise.reject(new Error('there is none')),
    }));
    it.add(USERS);
    const { code, report } = await it.ship();
    expect(code).not.toBe(0);
    expect(JSON.stringify(report)).toMatch(/sqlite:app\.sqlite3 cannot be connected to: SQLite needs Node 22\.13 or later, and this is v/);
    expect(hasSqliteFile(it.cwd)).toBe(false);
  });
});

describe.skipIf(!hasSqlite() || !hasMigrationTools())('how migrations in SQLite end', { timeout: 180_000 }, () => {
  it('given no file yet, when somebody only looks, then none is made, and no warning is printed', async () => {
    const it = await here();
    it.add(USERS);
    for (const args of [['doctor'], ['--dry-run'], ['status']]) expect((await it.ship(...args)).stderr).not.toContain('Experimental');
    expect(hasSqliteFile(it.cwd)).toBe(false);
    expect((await it.ship()).code).toBe(0);
    expect(await it.applied()).toEqual(['001']);
  });

  it('given one that fails after another was applied, then that one goes back, and nothing of the failed one is left', async () => {
    const it = await here();
    it.add(USERS);
    await it.ship();
    it.add(RENAME, BROKEN);
    const { report, stderr } = await it.ship('--auto-rollback');
    expect(report.status, stderr).toBe('rolled_back');
    expect(report.failure?.message).toContain('nowhere');
    expect([await it.applied(), await it.columns()]).toEqual([['001'], ['email', 'id']]);
  });

  it('given two deployments to one file, then one waits for the other, and finds nothing left to apply', async () => {
    const it = await here();
    it.add(USERS, SLOW);
    const [one, other] = await Promise.all([it.ship(), it.ship('--env', 'production')]);
    expect([one.code, other.code], one.stderr + other.stderr).toEqual([0, 0]);
    expect(await it.applied()).toEqual(['001', '006']);
  });

  it('given kill -9 in the middle of one, when it is recovered, then nothing of it is there, and the lock is free', async () => {
    const it = await here();
    it.add(USERS);
    await it.ship();
    it.add(EXTRA, SLOW);
    const isWriting = () => existsSync(join(it.cwd, 'app.sqlite3-journal'));
    // The others are done sooner than that.
    await it.killedWhen(async () => isWriting() && (await pause(300, true)) && isWriting());
    const { report, stderr } = await it.ship('recover', '--back', '--yes');
    expect(report.status, stderr).toBe('rolled_back');
    expect(await it.applied()).toEqual(['001', '002']);
    expect(await it.query("SELECT name FROM sqlite_schema WHERE name = 'slow'")).toEqual([]);
    expect((await it.ship()).code).toBe(0);
    expect(await it.applied()).toEqual(['001', '002', '006']);
  });

  it('given URLs that tools read in different ways, or no file, then they are refused', async () => {
    const it = await here();
    it.add(USERS);
    for (const [url, why] of [
      ['sqlite://app.sqlite3', /tools do not agree on where sqlite:\/\/ begins/],
      ['sqlite:///app.sqlite3', /tools do not agree on where sqlite:\/\/ begins/],
      ['sqlite::memory:', /it names no file/],
      ['sqlite:nowhere/app.sqlite3', /cannot be connected to|unable to open/],
    ] as const) {
      const { code, report } = await it.shipWith({ DATABASE_URL: url });
      expect(code, url).not.toBe(0);
      expect(JSON.stringify(report), url).toMatch(why);
    }
  });
});
