import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Migration, Script } from '../../plugins/migrations/src/migration.js';
import { type Rehearsed, rehearse } from '../../plugins/migrations/src/rehearsal/rehearse.js';
import { embedded, type Scratch } from '../../plugins/migrations/src/rehearsal/scratch.js';
import { loadParser } from '../../plugins/migrations/src/sql/parser.js';
import { hasPostgres, startPostgres } from '../services/postgres.js';
import { cleanEnv, HEAD, project, SHIP, shipJson } from '../support/ship.js';

const script = (file: string, text: string, more: Partial<Script> = {}): Script => ({ file, line: 1, text, ...more });
const pair = (id: string, up: string, down: string | 'none', more: Partial<Script> = {}): Migration => ({
  id,
  name: '',
  up: [script(`${id}.up.sql`, up, more)],
  down: down === 'none' ? 'none' : [script(`${id}.down.sql`, down, more)],
});

const BASE = pair(
  'base',
  `CREATE TYPE mood AS ENUM ('good', 'bad');
   CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL UNIQUE, mood mood NOT NULL, age int CHECK (age < 150));
   CREATE TABLE posts (id bigserial PRIMARY KEY, author bigint NOT NULL REFERENCES users, body varchar(200));`,
  'DROP TABLE posts; DROP TABLE users; DROP TYPE mood;',
);

describe('a rehearsal in the embedded PostgreSQL', { timeout: 180_000 }, () => {
  let scratch: Scratch;
  beforeAll(async () => {
    await loadParser();
    scratch = await embedded(process.cwd(), []);
  }, 180_000);
  afterAll(() => scratch.close());

  const tried = async (...judged: Migration[]): Promise<Rehearsed[]> => {
    await scratch.reset();
    return rehearse(scratch, { before: [BASE], judged }, () => {});
  };

  it('given a down that is the inverse of its up, then it is exact, and what was written since is named', async () => {
    expect(await tried(pair('1', 'ALTER TABLE users ADD bio text;', 'ALTER TABLE users DROP bio;'))).toEqual([
      { id: '1', name: '', verdict: 'exact', differences: [], loses: ['what users.bio held is gone'], without_rows: [] },
    ]);
  });

  it('given a down that brings back another schema, then it differs, and the line is named', async () => {
    const [rehearsed] = await tried(
      pair('1', 'ALTER TABLE posts ALTER body TYPE text;', 'ALTER TABLE posts ALTER body TYPE varchar(300);'),
    );
    expect(rehearsed).toMatchObject({ verdict: 'differs' });
    expect(rehearsed!.differences.join()).toContain('column posts.body: character varying(300)');
  });

  it('given rows that the up has lost, then it differs, although the schema is the same', async () => {
    const [rehearsed] = await tried(pair('1', 'ALTER TABLE posts DROP body;', 'ALTER TABLE posts ADD body varchar(200);'));
    expect(rehearsed).toMatchObject({ verdict: 'differs', differences: ['2 of 2 rows of posts are gone, or hold something else'] });
  });

  it('given triggers that change rows when others are written, then what they make is none of the doing of a migration', async () => {
    const counts = pair(
      '1',
      `CREATE TABLE totals (n int); INSERT INTO totals VALUES (0);
       CREATE FUNCTION count_users() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE totals SET n = n + 1; RETURN NEW; END $$;
       CREATE TRIGGER counted AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION count_users();`,
      'none',
    );
    expect((await tried(counts, pair('2', 'CREATE INDEX i ON users (email);', 'DROP INDEX i;')))[1]).toMatchObject({
      verdict: 'exact',
      differences: [],
      loses: [],
    });
  });

  it('given a down that fails on rows that were written since, then it fails, with file and line', async () => {
    const [rehearsed] = await tried(
      pair(
        '1',
        'ALTER TYPE mood RENAME TO mood_; ALTER TABLE users ALTER mood TYPE text;',
        '\nALTER TABLE users ADD CHECK (length(email) < 2);',
      ),
    );
    expect(rehearsed).toMatchObject({ verdict: 'fails' });
    expect(rehearsed!.differences[0]).toMatch(/1\.down\.sql:\d+: .*violated/);
  });

  it('given one after the other, then each is tried on what those before it have made, whatever came of them', async () => {
    const verdicts = await tried(
      pair('1', 'CREATE TABLE tags (id int PRIMARY KEY);', 'SELECT 1 / 0;'),
      pair('2', 'ALTER TABLE tags ADD name text;', 'ALTER TABLE tags DROP name;'),
      pair('3', 'CREATE INDEX CONCURRENTLY by_name ON tags (name);', 'DROP INDEX CONCURRENTLY by_name;', { outsideTransaction: true }),
      pair('4', 'CREATE INDEX CONCURRENTLY again ON tags (name);', 'SELECT 1;', { outsideTransaction: true }),
      pair('5', 'DROP INDEX again;', 'CREATE INDEX again ON tags (name);'),
      pair('6', 'DROP TABLE nowhere;', 'SELECT 1;'),
      pair('7', 'SELECT 1;', 'SELECT 1;'),
    );
    expect(verdicts.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual([
      '1 fails',
      '2 exact',
      '3 exact',
      '4 differs',
      '5 exact',
      '6 not-rehearsed',
      '7 not-rehearsed',
    ]);
    expect(verdicts[6]!.differences[0]).toContain('6 before it could not be applied: 6.up.sql:1: table "nowhere" does not exist');
  });

  it('given no down, an opaque one, and a table that no row fits into, then that is said', async () => {
    const verdicts = await tried(
      pair('1', 'CREATE TABLE odd (a int CHECK (a = 77777));', 'DROP TABLE odd;'),
      pair('2', 'SELECT 1;', 'none'),
      { ...pair('3', 'SELECT 1;', 'SELECT 1;'), down: [script('3.down.sql', '', { opaque: 'it is a program' })] },
    );
    expect(verdicts).toMatchObject([
      { verdict: 'exact', without_rows: ['odd'] },
      { verdict: 'none' },
      { verdict: 'not-rehearsed', differences: ['it is a program'] },
    ]);
  });
});

describe.skipIf(!hasPostgres())('ship migrations rehearse, on a server', { timeout: 180_000 }, () => {
  const folder = (files: Record<string, string>): string => {
    const cwd = project(`${HEAD}plugins: [{ migrations: { dir: db } }]\nsteps: [{ id: a, run: "true" }]\n`);
    mkdirSync(join(cwd, 'db'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, 'db', name), text);
    return cwd;
  };
  const dbmate = (up: string, down: string) => `-- migrate:up\n${up}\n-- migrate:down\n${down}\n`;
  const databases = async (url: string) => {
    const client = new pg.Client(url);
    await client.connect();
    const { rows } = await client.query<{ datname: string }>('SELECT datname FROM pg_database ORDER BY 1');
    await client.end();
    return rows.map(({ datname }) => datname).filter((name) => name.startsWith('ship_rehearsal_'));
  };

  it('given one that is exact and one that is not, then 6, the server is as before, and what a killed one has left is gone', async () => {
    const { url } = await startPostgres();
    const client = new pg.Client(url);
    await client.connect();
    await client.query('CREATE DATABASE ship_rehearsal_of_before');
    await client.end();
    const cwd = folder({
      '001_a.sql': dbmate('CREATE TABLE a (id int);', 'DROP TABLE a;'),
      '002_b.sql': dbmate('ALTER TABLE a ADD b int;', 'SELECT 1;'),
    });
    const { code, report } = await shipJson(['migrations', 'rehearse', '--url', url], { cwd });
    expect({ code, result: report.result }).toMatchObject({
      code: 6,
      result: {
        exact: false,
        migrations: [{ verdict: 'exact' }, { verdict: 'differs', differences: [expect.stringContaining('new: column a.b: integer')] }],
      },
    });
    expect(await databases(url)).toEqual([]);
  });

  it('given Ctrl-C while it is under way, then its database is dropped', async () => {
    const { url } = await startPostgres();
    const cwd = folder({ '001_a.sql': dbmate('SELECT pg_sleep(30);', 'SELECT 1;') });
    const child = spawn(process.execPath, [SHIP, 'migrations', 'rehearse', '--url', url], { cwd, env: cleanEnv(), stdio: 'ignore' });
    for (const until = Date.now() + 20_000; Date.now() < until && (await databases(url)).length === 0; );
    await new Promise((resolve) => setTimeout(resolve, 300));
    child.kill('SIGINT');
    const code = await new Promise((resolve) => child.on('exit', resolve));
    expect(code).not.toBe(0);
    expect(await databases(url)).toEqual([]);
  });

  it('given Ctrl-C while a statement without an end runs in the embedded one, then it ends at once', async () => {
    const endless = 'DO $$ BEGIN LOOP END LOOP; END $$;';
    const cwd = folder({ '001_a.sql': dbmate('CREATE TABLE a (id int);', 'DROP TABLE a;'), '002_b.sql': dbmate(endless, 'SELECT 1;') });
    const child = spawn(process.execPath, [SHIP, 'migrations', 'rehearse'], { cwd, env: cleanEnv(), stdio: ['ignore', 'pipe', 'ignore'] });
    const exited = new Promise((resolve) => child.on('exit', resolve));
    // The first is through: the second is being tried.
    await new Promise((resolve) => child.stdout.on('data', resolve));
    await new Promise((resolve) => setTimeout(resolve, 500));
    const asked = performance.now();
    child.kill('SIGINT');
    expect(await exited).toBe(130);
    expect(performance.now() - asked).toBeLessThan(20_000);
  });

  it('given a server that is not there, none that is understood, or nothing to read, then that is named', async () => {
    const cwd = folder({ '001_a.sql': dbmate('SELECT 1;', 'SELECT 1;') });
    const refused = async (...args: string[]) => (await shipJson(['migrations', 'rehearse', ...args], { cwd })).stderr;
    expect(await refused('--url', 'postgres://127.0.0.1:1/none')).toContain('SHIP_MIGRATIONS_CONNECTION');
    expect(await refused('--url', 'http://127.0.0.1')).toContain('SHIP_MIGRATIONS_USAGE');
    expect(await refused('--dir', 'nowhere')).toContain('SHIP_MIGRATIONS_NONE');
    expect(await refused('--from', '9')).toContain('SHIP_MIGRATIONS_UNKNOWN');
    expect(await refused('--what')).toContain('SHIP_MIGRATIONS_USAGE');
  });
});
