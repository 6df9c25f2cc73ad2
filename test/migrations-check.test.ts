import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HEAD, project, ship, shipJson } from './support/ship.js';

const CONFIG = `${HEAD}plugins: [{ migrations: { dir: db } }]\nsteps: [{ id: a, run: "true" }]\n`;

function folder(files: Record<string, string | Buffer>, config = CONFIG): string {
  const cwd = project(config);
  mkdirSync(join(cwd, 'db'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, 'db', name), text);
  return cwd;
}

const dbmate = (up: string, down: string) => `-- migrate:up\n${up}\n-- migrate:down\n${down}\n`;
const USERS = dbmate('CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL);', 'DROP TABLE users;');

describe('ship migrations check', () => {
  it('given a column that may be empty, then the code may go back, and 0; given one that must have a value, then not, and 6, with file and line', async () => {
    const cwd = folder({
      '001_users.sql': USERS,
      '002_bio.sql': dbmate('ALTER TABLE users ADD COLUMN bio text;', 'ALTER TABLE users DROP COLUMN bio;'),
      '003_name.sql': dbmate('\nALTER TABLE users\n  ADD COLUMN name text NOT NULL;', 'ALTER TABLE users DROP COLUMN name;'),
    });
    expect((await ship(['migrations', 'check', '--from', '001', '--to', '002'], { cwd })).code).toBe(0);
    const { code, stdout } = await ship(['migrations', 'check', '--from', '002'], { cwd });
    expect(code).toBe(6);
    expect(stdout).toContain('db/003_name.sql:3 add-required-column');
    expect(stdout).toContain('The code may not go back behind them');
  });

  it('given GitHub Actions, then each reason that keeps the code from going back stands beside its line, once', async () => {
    const cwd = folder({
      '001_users.sql': USERS,
      '002_gone.sql': dbmate('ALTER TABLE users DROP COLUMN email;', 'ALTER TABLE users ADD COLUMN email text;'),
    });
    const { stdout } = await ship(['migrations', 'check', '--from', '001'], {
      cwd,
      env: { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: cwd },
    });
    const found = stdout.split('\n').filter((line) => line.startsWith('::error'));
    expect(found[0]).toBe(
      '::error file=db/002_gone.sql,line=2,title=up-drop-column::what email held is gone, and the old code asks for it',
    );
    expect(found.filter((line) => line.includes('up-drop-column'))).toHaveLength(1);
  });

  it('given `preserve_data_migrations: false`, then a warning about a down is no block; given the down alone is fine, then that is enough', async () => {
    const files = {
      '001_users.sql': USERS,
      '002_none.sql': dbmate('ALTER TABLE users RENAME email TO mail;', 'ALTER TABLE users RENAME mail TO email;'),
    };
    const renamed = await shipJson(['migrations', 'check', '--from', '001'], { cwd: folder(files) });
    expect(renamed.report.result).toMatchObject({ safe: true, migrations: [{ keep_schema: 'block', run_down: 'ok' }] });
    const bio = { '001_users.sql': USERS, '002_bio.sql': dbmate('ALTER TABLE users ADD bio text;', 'ALTER TABLE users DROP bio;') };
    const loose = `${CONFIG}optimization: { rollback: { preserve_data_migrations: false } }\n`;
    expect((await shipJson(['migrations', 'check', '--from', '001'], { cwd: folder(bio) })).report.result).toMatchObject({
      migrations: [{ run_down: 'block' }],
    });
    expect((await shipJson(['migrations', 'check', '--from', '001'], { cwd: folder(bio, loose) })).report.result).toMatchObject({
      migrations: [{ run_down: 'warn' }],
    });
  });

  it('given a single pair, then it is judged alone, or on top of the schema that is named', async () => {
    const cwd = folder({
      'up.sql': 'ALTER TABLE users ALTER COLUMN email TYPE varchar(300);',
      'down.sql': 'ALTER TABLE users ALTER COLUMN email TYPE varchar(200);',
      'schema.sql': 'CREATE TABLE users (email varchar(200));',
    });
    const pair = ['migrations', 'check', '--up', 'db/up.sql', '--down', 'db/down.sql'];
    expect((await shipJson(pair, { cwd })).report.result).toMatchObject({ safe: false, migrations: [{ keep_schema: 'block' }] });
    expect((await shipJson([...pair, '--schema', 'db/schema.sql'], { cwd })).report.result).toMatchObject({
      safe: true,
      migrations: [{ keep_schema: 'ok' }],
    });
  });

  it('given --sarif, then each reason stands in it with its rule and its place', async () => {
    const cwd = folder({ '001_users.sql': USERS });
    await ship(['migrations', 'check', '--sarif', 'out.sarif'], { cwd });
    const { version, runs } = JSON.parse(readFileSync(join(cwd, 'out.sarif'), 'utf8'));
    expect({ version, rules: runs[0].tool.driver.rules, results: runs[0].results }).toMatchObject({
      version: '2.1.0',
      rules: [{ id: 'down-drop-created-table' }],
      results: [
        {
          ruleId: 'down-drop-created-table',
          level: 'warning',
          locations: [{ physicalLocation: { artifactLocation: { uri: 'db/001_users.sql' }, region: { startLine: 4 } } }],
        },
      ],
    });
  });

  it.each([
    ['a NUL byte', 'ALTER TABLE users ADD x int;\0 DROP TABLE users;', 'opaque-code'],
    ['what does not parse', 'ALTER TABEL users ADD x int;', 'unparseable'],
    ['many brackets', `SELECT ${'('.repeat(200_000)}`, 'unparseable'],
    ['a template', 'ALTER TABLE users ADD {{ name }} int;', 'opaque-code'],
    ['UTF-16', Buffer.from('\uFEFF-- migrate:up\nALTER TABLE users ADD x int;', 'utf16le'), undefined],
  ])('given %s, then no verdict is ok, and it is said why', async (_what, up, rule) => {
    const cwd = folder({ '001_users.sql': USERS, '002_odd.sql': typeof up === 'string' ? dbmate(up, 'ALTER TABLE users DROP x;') : up });
    const { code, report } = await shipJson(['migrations', 'check', '--from', '001'], { cwd });
    expect(code).not.toBe(0);
    const { migrations = [] } = (report.result ?? {}) as {
      migrations?: { keep_schema: string; run_down: string; reasons: { rule: string }[] }[];
    };
    expect(migrations.filter(({ keep_schema, run_down }) => keep_schema === 'ok' || run_down === 'ok')).toEqual([]);
    if (rule !== undefined) expect(migrations[0]?.reasons.map((each) => each.rule)).toContain(rule);
  });

  it.each([
    [['migrations'], 'is not understood'],
    [['migrations', 'chekc'], 'is not understood'],
    [['migrations', 'check', '--frm', '1'], "Unknown option '--frm'"],
    [['migrations', 'check', '--from', 'nope'], 'there is no migration nope'],
    [['migrations', 'check', '--from', '002', '--to', '001'], '001 comes before 002'],
    [['migrations', 'check', '--up', 'db/001_users.sql'], '--up and --down go together'],
    [['migrations', 'check', '--up', 'no.sql', '--down', 'no.sql'], 'no.sql cannot be read'],
    [['migrations', 'check', '--dialect', 'oracle'], '--dialect is one of'],
    [['migrations', 'check', '--dir', 'nowhere'], 'there is no such folder'],
    [['migrations', 'check', '--tool', 'dbmat'], 'Did you mean `tool: dbmate`?'],
  ])('given %j, then it is refused with 2, and says what is wrong', async (args, message) => {
    const cwd = folder({ '001_users.sql': USERS, '002_bio.sql': dbmate('ALTER TABLE users ADD bio text;', 'ALTER TABLE users DROP bio;') });
    const { code, stderr } = await ship(args, { cwd });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });

  it.each(['mysql', 'sqlite'])('given --dialect %s, then its statements are judged as its own', async (dialect) => {
    const cwd = folder({
      '001_users.sql': dbmate('CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);', 'DROP TABLE users;'),
      '002_bio.sql': dbmate('ALTER TABLE `users` ADD COLUMN `bio` TEXT;', 'ALTER TABLE `users` DROP COLUMN `bio`;'),
      '003_gone.sql': dbmate('DROP TABLE `users`;', ''),
    });
    const words = ['migrations', 'check', '--dialect', dialect, '--json'];
    const { code, stdout } = await ship([...words, '--from', '001', '--to', '002'], { cwd });
    expect({ code, report: JSON.parse(stdout) }).toMatchObject({ code: 0, report: { result: { safe: true } } });
    const dropped = await ship([...words, '--from', '002'], { cwd });
    expect({ code: dropped.code, keep: JSON.parse(dropped.stdout).result.migrations[0].keep_schema }).toEqual({ code: 6, keep: 'block' });
  });

  it.each([
    ['in the options of the plugin', CONFIG.replace('dir: db', 'dir: db, url: "mysql://h/app"'), {}],
    ['of the environment', CONFIG, { DATABASE_URL: 'mysql://h/app' }],
  ])(
    'given a database of MySQL %s, then statements are judged as its own, and nothing counts or rehearses them',
    async (_, config, env) => {
      const cwd = folder({ '001_users.sql': dbmate('CREATE TABLE `users` (id int);', 'DROP TABLE `users`;') }, config);
      const { report } = await shipJson(['migrations', 'check'], { cwd, env });
      expect(JSON.stringify(report.result)).not.toContain('unparseable');
      for (const words of [['check', '--url', 'mysql://h/app'], ['rehearse']])
        expect((await ship(['migrations', ...words], { cwd, env })).stderr).toMatch(/mysql.*SHIP_MIGRATIONS_USAGE/);
    },
  );

  it('given a config without the plugin, then the verb is one that nobody brings', async () => {
    const { code, stderr } = await ship(['migrations', 'check'], { cwd: project(`${HEAD}steps: [{ id: a, run: "true" }]\n`) });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('migrations') });
  });
});
