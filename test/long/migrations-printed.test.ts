import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readSchema, schemaDifferences } from '../../plugins/migrations/src/database/catalog.js';
import { connect } from '../../plugins/migrations/src/database/connect.js';
import { withPrinted } from '../../plugins/migrations/src/printed/index.js';
import { readHistory } from '../../plugins/migrations/src/readers/index.js';
import { giveTools, hasMigrationTools, hasPythonTools, PYTHON_PATH } from '../services/migration-tools.js';
import { hasPostgres, startPostgres } from '../services/postgres.js';
import { type Layout, stage } from '../support/migrations.js';
import {
  ALEMBIC_BIND,
  ALEMBIC_BIO,
  ALEMBIC_COMMIT,
  ALEMBIC_FILL,
  ALEMBIC_FINAL,
  ALEMBIC_INDEX,
  ALEMBIC_MIXED,
  ALEMBIC_RENAME,
  ALEMBIC_USERS,
  giveAlembic,
  giveDjango,
  giveNodePgMigrate,
  giveRevision,
} from '../support/programs.js';
import { HEAD, project, shipJson } from '../support/ship.js';

const CONFIG = (dir: string) => `${HEAD}plugins: [{ migrations: { dir: ${dir} } }]\nsteps: [{ id: a, run: "true" }]\n`;

interface Judged {
  readonly id: string;
  readonly keep_schema: string;
  readonly run_down: string;
  readonly reasons: readonly {
    readonly rule: string;
    readonly file: string;
    readonly line: number;
    readonly hint: string;
    readonly statement: string;
  }[];
}

async function checked(cwd: string, env: Record<string, string>, ...words: string[]): Promise<Map<string, Judged>> {
  const { report, stderr } = await shipJson(['migrations', 'check', ...words], { cwd, env });
  expect(report.result, stderr).toBeDefined();
  return new Map((report.result as unknown as { migrations: Judged[] }).migrations.map((each) => [each.id, each]));
}

const verdictsOf = (judged: ReadonlyMap<string, Judged>): Record<string, string> =>
  Object.fromEntries(
    [...judged.values()].map(({ id, keep_schema, run_down, reasons }) => [
      id,
      `${keep_schema} ${run_down} ${[...new Set(reasons.map(({ rule }) => rule))].sort().join(' ')}`.trim(),
    ]),
  );

type Words = readonly [string, ...string[]];

/** What the tool does with one database, and the printed SQL with another, there and back: both must have the same schema. */
async function comparedWithReality(
  { cwd, env, url }: { readonly cwd: string; readonly env: Record<string, string>; readonly url: string },
  dir: string,
  last: string,
  [apply, back]: readonly [Words, Words],
  own: readonly string[],
): Promise<{ readonly up: readonly string[]; readonly down: readonly string[]; readonly size: number }> {
  const environment = { ...process.env, ...env, DATABASE_URL: url };
  const run = (argv: readonly [string, ...string[]], where = cwd) => {
    const [program, ...args] = argv;
    const { stdout, stderr, status } = spawnSync(program, args, { cwd: where, env: environment, encoding: 'utf8' });
    return { stdout, stderr, exitCode: status ?? -1, truncated: false };
  };
  const folder = join(cwd, dir);
  const { reader, history } = readHistory(folder);
  const wanted = history.migrations.slice(0, history.migrations.findIndex(({ id }) => id === last) + 1);
  const place = {
    dir: cwd,
    folder,
    dialect: 'postgres' as const,
    exec: async (argv: readonly [string, ...string[]], more: { cwd?: string | undefined; env?: object } = {}) => {
      Object.assign(environment, more.env);
      return run(argv, more.cwd);
    },
  };
  const { judged } = await withPrinted({ before: [], judged: wanted }, { tool: reader, root: folder, place, known: new Map() });
  const downsOf = ({ down }: (typeof judged)[number]) => (typeof down === 'string' ? [] : down);
  expect(judged.flatMap((each) => [...each.up, ...downsOf(each)].flatMap(({ opaque }) => opaque ?? []))).toEqual([]);

  const here = await connect(url);
  onTestFinished(() => here.close());
  await here.run('CREATE DATABASE by_text');
  const there = await connect(url.replace(/\/postgres\?/, '/by_text?'));
  onTestFinished(() => there.close());
  const both = async (argv: Words, scripts: readonly { readonly text: string }[]) => {
    for (const { text } of scripts) if (text.trim() !== '') await there.run(text);
    const { exitCode, stderr } = run(argv);
    expect(exitCode, stderr).toBe(0);
    const [one, other] = [await readSchema(here, own), await readSchema(there, own)];
    return { size: one.length, differences: schemaDifferences(one, other) };
  };
  const { size, differences } = await both(
    apply,
    judged.flatMap(({ up }) => up),
  );
  const { differences: down } = await both(back, [...judged].reverse().flatMap(downsOf));
  return { up: differences, down, size };
}

describe.skipIf(!hasPostgres() || !hasPythonTools())('Alembic, which prints its SQL', () => {
  const chain = [
    ['users', ALEMBIC_USERS],
    ['bio', ALEMBIC_BIO],
    ['fill', ALEMBIC_FILL],
    ['index', ALEMBIC_INDEX],
    ['rename', ALEMBIC_RENAME],
    ['bind', ALEMBIC_BIND],
    ['final', ALEMBIC_FINAL],
    ['mixed', ALEMBIC_MIXED],
    ['commit', ALEMBIC_COMMIT],
  ] as const;
  const given = (config = CONFIG('alembic')) => {
    const cwd = project(config);
    giveAlembic(cwd);
    for (const [at, [id, ways]] of chain.entries()) giveRevision(cwd, id, chain[at - 1]?.[0], ways);
    return { cwd, env: { PATH: PYTHON_PATH, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' } };
  };

  it('given programs, when they are printed, then each has the verdict of its SQL, and what is not all printed stays opaque; without --print all are', async () => {
    const { cwd, env } = given();
    const printed = await checked(cwd, env, '--print');
    expect(verdictsOf(printed)).toEqual({
      users: 'ok block down-drop-created-table',
      bio: 'ok block down-drop-created-column',
      fill: 'ok block empty-down up-update-overwrite',
      index: 'ok ok',
      rename: 'block ok rename-column',
      bind: 'block block empty-down opaque-code',
      final: 'ok block irreversible-marker',
      mixed: 'ok block down-drop-created-column non-transactional',
      commit: 'ok block lock-index non-transactional tx-control',
    });
    const [dropped] = printed.get('bio')!.reasons;
    expect(dropped).toMatchObject({ file: 'alembic/versions/bio.py', line: 16, statement: expect.stringContaining('DROP COLUMN bio') });
    expect(printed.get('bind')!.reasons[0]?.hint).toContain('line 12 holds `op.get_bind`');
    const unprinted = await checked(cwd, env);
    expect([...unprinted.values()].every(({ keep_schema }) => keep_schema === 'block')).toBe(true);
  }, 180_000);

  it('given no Alembic, or one that fails, then they stay opaque with its own words', async () => {
    const { cwd, env } = given();
    const none = await checked(
      cwd,
      { ...env, PATH: join(process.execPath, '..').replace(/^\/usr\/bin$/, '/nowhere') },
      '--print',
      '--to',
      'users',
    );
    expect(verdictsOf(none).users).toBe('block block opaque-code');
    const broken = given(CONFIG('alembic').replace('dir: alembic', 'dir: alembic, print: true'));
    const failed = await checked(broken.cwd, { ...broken.env, DATABASE_URL: 'nonsense://x' }, '--to', 'users');
    expect(failed.get('users')).toMatchObject({ keep_schema: 'block', run_down: 'block' });
    expect(failed.get('users')!.reasons[0]?.hint).toMatch(/Alembic prints nothing: .*Error/);
    const sqlite = await checked(broken.cwd, { ...broken.env, DATABASE_URL: 'sqlite://' }, '--to', 'users', '--dialect', 'postgres');
    expect(sqlite.get('users')!.reasons[0]?.hint).toMatch(/not postgres/);
  }, 180_000);

  it('given the same revisions, then the printed SQL makes what Alembic makes, there and back, and can be rehearsed', async () => {
    const { cwd, env } = given();
    const { url } = await startPostgres();
    const real = { cwd, env, url };
    const { up, down, size } = await comparedWithReality(
      real,
      'alembic',
      'rename',
      [
        ['alembic', 'upgrade', 'rename'],
        ['alembic', 'downgrade', 'base'],
      ],
      ['alembic_version'],
    );
    expect({ up, down }).toEqual({ up: [], down: [] });
    expect(size).toBeGreaterThan(5);
    const { report, stderr } = await shipJson(['migrations', 'rehearse', '--print', '--url', url], { cwd, env });
    const rehearsed = (report.result as unknown as { migrations: { id: string; verdict: string }[] } | undefined)?.migrations;
    expect(
      rehearsed?.map(({ id, verdict }) => `${id} ${verdict}`),
      stderr,
    ).toEqual([
      'users exact',
      'bio exact',
      'fill exact',
      'index exact',
      'rename exact',
      ...['bind', 'final', 'mixed', 'commit'].map((id) => `${id} not-rehearsed`),
    ]);
  }, 180_000);

  const layout: Layout = {
    tool: 'alembic',
    dir: 'alembic',
    files: () => ({}),
    applied: 'SELECT version_num AS id FROM alembic_version',
    idOf: (id) => id,
    prepare: (folder) => {
      giveAlembic(folder);
      return { PATH: PYTHON_PATH };
    },
  };

  it('given what the old code does not get along with, when a later step fails, then its down runs, and the schema is what it was; what it gets along with stays', async () => {
    const it = await stage(layout);
    giveRevision(it.cwd, 'users', undefined, ALEMBIC_USERS);
    giveRevision(it.cwd, 'bio', 'users', ALEMBIC_BIO);
    expect(await it.ship()).toMatchObject({ code: 0 });
    giveRevision(it.cwd, 'rename', 'bio', ALEMBIC_RENAME);
    it.break();
    const { report, stderr } = await it.ship('--auto-rollback');
    expect(report.status, stderr).toBe('rolled_back');
    expect(await it.applied()).toEqual(['bio']);
    expect(await it.columns()).toEqual(['bio', 'email', 'id', 'mood']);
  }, 180_000);

  it('given a program that is not all printed, when a later step fails, then the rollback is refused', async () => {
    const it = await stage(layout);
    giveRevision(it.cwd, 'users', undefined, ALEMBIC_USERS);
    expect(await it.ship()).toMatchObject({ code: 0 });
    giveRevision(it.cwd, 'bind', 'users', ALEMBIC_BIND);
    it.break();
    const { report } = await it.ship('--auto-rollback');
    expect(report.status).not.toBe('rolled_back');
    expect(JSON.stringify(report)).toContain('op.get_bind');
    expect(await it.applied()).toEqual(['bind']);
  }, 180_000);
});

describe.skipIf(!hasPostgres() || !hasPythonTools())('Django, which prints its SQL', () => {
  const given = async () => {
    const cwd = project(CONFIG('shop/migrations'));
    giveDjango(cwd);
    const { url } = await startPostgres();
    return { cwd, url, env: { PATH: PYTHON_PATH, DATABASE_URL: url } };
  };

  it('given programs, when they are printed, then each has the verdict of its SQL, and code, and names that the database is asked for, are opaque', async () => {
    const { cwd, env } = await given();
    const printed = await checked(cwd, env, '--print');
    expect(verdictsOf(printed)).toEqual({
      '0001_users': 'ok block down-drop-created-table up-drop-container',
      '0002_bio': 'ok block down-drop-created-column up-drop-container',
      '0003_words': 'ok ok',
      '0004_fill': 'ok block empty-down up-update-overwrite',
      '0005_code': 'block block opaque-code',
      '0006_final': 'ok block irreversible-marker',
      '0007_plain': 'block block down-add-unique down-incomplete lock-index opaque-code',
      '0008_index': 'ok ok',
    });
    expect(printed.get('0005_code')!.reasons[0]).toMatchObject({ hint: expect.stringContaining('not all, of RunPython'), line: 11 });
    expect(printed.get('0007_plain')!.reasons[0]?.hint).toContain('what Django asks the database');
  }, 180_000);

  it('given no database, then all are opaque', async () => {
    const { cwd, env } = await given();
    const printed = await checked(cwd, { ...env, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }, '--print');
    expect([...printed.values()].map(({ keep_schema }) => keep_schema)).toEqual(Array(8).fill('block'));
    expect(printed.get('0001_users')!.reasons[0]?.hint).toMatch(/Django prints nothing: OperationalError/);
  }, 180_000);

  it('given the same migrations, then the printed SQL makes what Django makes, there and back', async () => {
    const real = await given();
    const ways = [
      ['python3', 'manage.py', 'migrate', 'shop', '0004'],
      ['python3', 'manage.py', 'migrate', 'shop', 'zero'],
    ] as const;
    const { up, down, size } = await comparedWithReality(real, 'shop/migrations', '0004_fill', ways, ['django_migrations']);
    expect({ up, down }).toEqual({ up: [], down: [] });
    expect(size).toBeGreaterThan(5);
  }, 180_000);
});

describe.skipIf(!hasPostgres() || !hasMigrationTools())('node-pg-migrate, whose builder is asked', () => {
  const given = () => {
    const cwd = project(CONFIG('db'));
    giveTools(cwd);
    giveNodePgMigrate(cwd);
    return { cwd, env: {} };
  };

  it('given programs, when they are printed, then each has the verdict of its SQL, an inferred way back too, and who asks the database is opaque', async () => {
    const { cwd, env } = given();
    const printed = await checked(cwd, env, '--print');
    expect(verdictsOf(printed)).toEqual({
      '001_users': 'ok block down-drop-created-table',
      '002_bio': 'ok block down-drop-created-column',
      '003_rename': 'block ok rename-column',
      '004_ask': 'block block irreversible-marker opaque-code',
      '005_index': 'ok ok',
      '006_typed': 'ok block irreversible-marker',
    });
    expect(printed.get('002_bio')!.reasons[0]).toMatchObject({ file: 'db/002_bio.js', line: 5 });
    expect(printed.get('004_ask')!.reasons[0]?.hint).toContain('line 2 uses `db`');
  }, 180_000);

  it('given the same migrations, then the printed SQL makes what node-pg-migrate makes, there and back', async () => {
    const { cwd } = given();
    const { url } = await startPostgres();
    const env = { PATH: `${join(cwd, 'node_modules/.bin')}:${process.env.PATH}` };
    const ways = [
      ['node-pg-migrate', 'up', '3', '--migrations-dir', 'db'],
      ['node-pg-migrate', 'down', '3', '--migrations-dir', 'db'],
    ] as const;
    const { up, down, size } = await comparedWithReality({ cwd, env, url }, 'db', '003_rename', ways, ['pgmigrations']);
    expect({ up, down }).toEqual({ up: [], down: [] });
    expect(size).toBeGreaterThan(5);
  }, 180_000);
});
