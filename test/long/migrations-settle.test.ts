import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasPostgres, startPostgres } from '../services/postgres.js';
import { HEAD, project, shipJson } from '../support/ship.js';

const BASE = 'CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL, nick text UNIQUE);';

/** A database in which the up was applied, and rows were written since. */
async function verdict(up: string, down: string, rows: string, args: readonly string[] = []) {
  const { url } = await startPostgres();
  const client = new pg.Client(url);
  client.on('error', () => {});
  await client.connect();
  onTestFinished(() => client.end());
  await client.query(`${BASE} ${up}; ${rows}`);
  const cwd = project(`${HEAD}plugins: [{ migrations: { dir: db } }]\nsteps: [{ id: a, run: "true" }]\n`);
  mkdirSync(join(cwd, 'db'));
  writeFileSync(join(cwd, 'db/001_users.sql'), `-- migrate:up\n${BASE}\n-- migrate:down\nDROP TABLE users;\n`);
  writeFileSync(join(cwd, 'db/002_more.sql'), `-- migrate:up\n${up};\n-- migrate:down\n${down};\n`);
  const { report, stderr } = await shipJson(['migrations', 'check', '--from', '001', '--url', url, ...args], { cwd });
  const [judged] =
    (report.result as { migrations?: { run_down: string; reasons: { settled?: string; hint: string }[] }[] } | null)?.migrations ?? [];
  return { run_down: judged?.run_down, settled: judged?.reasons.flatMap((each) => each.settled ?? []), reasons: judged?.reasons, stderr };
}

const ROW = "INSERT INTO users (id, email) VALUES (1, 'a');";

describe.skipIf(!hasPostgres())('what a database settles by counting', { timeout: 180_000 }, () => {
  it.each([
    ['a table without rows', 'CREATE TABLE tags (id int)', 'DROP TABLE tags', '', 'there are no rows in it'],
    ['a column without values', 'ALTER TABLE users ADD bio text', 'ALTER TABLE users DROP bio', ROW, 'no row has a value'],
    [
      'a column with its default',
      "ALTER TABLE users ADD bio text DEFAULT 'x'",
      'ALTER TABLE users DROP bio',
      ROW,
      'no row has another value than its default',
    ],
    [
      'a value in each row',
      'ALTER TABLE users ALTER email DROP NOT NULL',
      'ALTER TABLE users ALTER email SET NOT NULL',
      ROW,
      'each row has a value',
    ],
    [
      'nothing twice',
      'ALTER TABLE users DROP CONSTRAINT users_nick_key',
      'ALTER TABLE users ADD UNIQUE (nick)',
      ROW,
      'nothing is there twice',
    ],
  ])('given %s, then the down is ok', async (_, up, down, rows, why) => {
    expect(await verdict(up, down, rows)).toMatchObject({ run_down: 'ok', settled: [why] });
  });

  it.each([
    ['a row in a new table', 'CREATE TABLE tags (id int)', 'DROP TABLE tags', 'INSERT INTO tags VALUES (1);'],
    [
      'a value in a new column',
      'ALTER TABLE users ADD bio text',
      'ALTER TABLE users DROP bio',
      "INSERT INTO users VALUES (1, 'a', NULL, 'b');",
    ],
    [
      'a row without a value',
      'ALTER TABLE users ALTER email DROP NOT NULL',
      'ALTER TABLE users ALTER email SET NOT NULL',
      'INSERT INTO users (id) VALUES (1);',
    ],
    [
      'the same twice',
      'ALTER TABLE users DROP CONSTRAINT users_nick_key',
      'ALTER TABLE users ADD UNIQUE (nick)',
      "INSERT INTO users VALUES (1, 'a', 'x'), (2, 'b', 'x');",
    ],
    [
      'a down that writes rows before',
      'ALTER TABLE users DROP CONSTRAINT users_nick_key',
      "UPDATE users SET nick = 'x'; ALTER TABLE users ADD UNIQUE (nick)",
      "INSERT INTO users VALUES (1, 'a', 'x'), (2, 'b', 'y');",
    ],
  ])('given %s, then it stays as it was', async (_, up, down, rows) => {
    expect(await verdict(up, down, rows)).toMatchObject({ run_down: 'block', settled: [] });
  });

  it('given a time that is over, then it stays as it was, and says so; given none that is understood, then that is named', async () => {
    const rows = "INSERT INTO users SELECT n, 'a' FROM generate_series(1, 300000) n;";
    const slow = await verdict('ALTER TABLE users ADD bio text', 'ALTER TABLE users DROP bio', rows, ['--statement-timeout', '1ms']);
    expect(slow.run_down).toBe('block');
    expect(slow.reasons!.map(({ hint }) => hint).join()).toContain('it could not be counted: canceling statement due to statement timeout');
    expect((await verdict('SELECT 1', 'SELECT 1', '', ['--statement-timeout', 'soon'])).stderr).toContain(
      'is a duration such as 10s, not soon',
    );
  });
});
