import { describe, expect, it } from 'vitest';
import { diesel } from '../../src/readers/diesel.js';
import { drizzle } from '../../src/readers/drizzle.js';
import { flyway } from '../../src/readers/flyway.js';
import { prisma } from '../../src/readers/prisma.js';
import { sqitch } from '../../src/readers/sqitch.js';
import { folderOf, idsOf, misplaced, rulesOf, textsOf } from './folder.js';

describe('Diesel', () => {
  const read = (files: Record<string, string>) => diesel.read(folderOf(files));

  it('given folders with and without dashes, then dashes mean nothing, and versions are sorted as texts', () => {
    const history = read({
      '2020-01-02-000000_b/up.sql': 'b',
      '20200101000000_a/up.sql': 'a',
      '2020-01-02-000000-0000_c/up.sql': 'c',
      '2020-01-02-000000-0000_c/down.sql': 'undo c',
      '00000000000000_diesel_initial_setup/up.sql': '',
      '.hidden/x': '',
      'README.md': '',
    });
    expect(history.migrations.map(({ id, name }) => `${id} ${name}`)).toEqual([
      '00000000000000 diesel_initial_setup',
      '20200101000000 a',
      '20200102000000 b',
      '202001020000000000 c',
    ]);
    expect(history.migrations.at(-1)).toMatchObject({ down: [{ file: '2020-01-02-000000-0000_c/down.sql', text: 'undo c' }] });
    expect(history.flaws).toEqual([]);
  });

  it.each([
    ['no metadata', undefined, false],
    ['false', 'run_in_transaction = false # indexes\n', true],
    ['true', '# a note\nrun_in_transaction = true\n', false],
    ['only a comment: then it is what Rust has for a boolean', '# run_in_transaction = true\n', true],
    ['the key in a table of its own, which Diesel does not look at', '[x]\nrun_in_transaction = true\n', true],
  ])('given a metadata.toml with %s, then it runs outside of a transaction: %s', (_, text, expected) => {
    const files = { '1_a/up.sql': 'a', '1_a/down.sql': 'b', ...(text !== undefined && { '1_a/metadata.toml': text }) };
    const [{ up, down }] = read(files).migrations as [{ up: { outsideTransaction?: true }[]; down: { outsideTransaction?: true }[] }];
    expect([up[0]!.outsideTransaction, down[0]!.outsideTransaction]).toEqual(expected ? [true, true] : [undefined, undefined]);
  });

  it('given a folder without an up, or two with one version, then Diesel refuses the whole, or loses one', () => {
    expect(rulesOf(read({ '1_a/up.sql': '', '2_b/down.sql': '' }))).toEqual(['block refused-by-tool']);
    expect(rulesOf(read({ '2020-01-01_a/up.sql': '', '20200101_b/up.sql': '' }))).toEqual(['block duplicate-version']);
  });
});

describe('Prisma', () => {
  it('given folders, then they come in the order of their names, with a down.sql where somebody put one', () => {
    const folder = folderOf({
      'migration_lock.toml': '# Please do not edit\nprovider = "postgresql"\n',
      '20240102_b/migration.sql': 'b',
      '20240101_a/migration.sql': 'a',
      '20240101_a/down.sql': 'undo a',
    });
    expect(prisma.read(folder)).toEqual({
      migrations: [
        {
          id: '20240101_a',
          name: 'a',
          up: [{ file: '20240101_a/migration.sql', line: 1, text: 'a', outsideTransaction: true }],
          down: [{ file: '20240101_a/down.sql', line: 1, text: 'undo a', outsideTransaction: true }],
        },
        {
          id: '20240102_b',
          name: 'b',
          up: [{ file: '20240102_b/migration.sql', line: 1, text: 'b', outsideTransaction: true }],
          down: 'none',
        },
      ],
      flaws: [],
      dialect: 'postgres',
    });
  });

  it('given another database, then the lock says so, and nothing where ship does not know it', () => {
    const dialectOf = (provider: string) => prisma.read(folderOf({ 'migration_lock.toml': `provider = "${provider}"` })).dialect;
    expect(['mysql', 'sqlite', 'cockroachdb', 'mongodb'].map(dialectOf)).toEqual(['mysql', 'sqlite', undefined, undefined]);
  });

  it('given a folder without its file, then it blocks, and keeps its place', () => {
    const history = prisma.read(folderOf({ '1_a/migration.sql': 'a', '2_b/migration.ts': 'x', '3_c/migration.sql': 'c' }));
    expect(idsOf(history)).toEqual(['1_a', '2_b', '3_c']);
    expect(rulesOf(history)).toEqual(['block refused-by-tool']);
  });
});

describe('Drizzle', () => {
  const journal = (...entries: [string, number][]) =>
    JSON.stringify({ dialect: 'postgresql', entries: entries.map(([tag, when], idx) => ({ idx, tag, when, breakpoints: true })) });

  it('given a journal, then it gives the order, and the files are cut at every breakpoint, wherever it stands', () => {
    const text = "CREATE TABLE a ();\n--> statement-breakpoint\nSELECT 1;--> statement-breakpoint\nSELECT ' --> statement-breakpoint';";
    const folder = folderOf({ 'meta/_journal.json': journal(['0001_b', 1], ['0000_a', 2]), '0001_b.sql': text, '0000_a.sql': 'SELECT 1' });
    const history = drizzle.read(folder);
    expect(history.dialect).toBe('postgres');
    expect(idsOf(history)).toEqual(['0001_b', '0000_a']);
    expect(history.migrations[0]).toMatchObject({
      up: [
        { line: 1, text: 'CREATE TABLE a ();\n' },
        { line: 2, text: '\nSELECT 1;' },
        { line: 3, text: "\nSELECT ' " },
        { line: 4, text: "';" },
      ],
      down: 'none',
    });
    expect(misplaced(folder, history)).toEqual([]);
  });

  it('given files and entries that do not match, then each is reported', () => {
    const history = drizzle.read(
      folderOf({ 'meta/_journal.json': journal(['0000_a', 5], ['0001_b', 4], ['0000_a', 6]), '0000_a.sql': '', 'x.sql': '' }),
    );
    expect(rulesOf(history)).toEqual(['block refused-by-tool', 'block duplicate-version', 'warn out-of-order', 'warn stray-file']);
    expect(textsOf(history.migrations[1]!.up)).toEqual(['opaque: it cannot be read: ENOENT']);
  });

  it('given something else than a journal, then it blocks', () => {
    for (const text of ['', '[]', '{"entries":[{"tag":1}]}', '{"entries":[null]}'])
      expect(rulesOf(drizzle.read(folderOf({ 'meta/_journal.json': text })))).toEqual(['block refused-by-tool']);
  });

  it('given a folder for each, as newer ones have it, then the names give the order', () => {
    const history = drizzle.read(
      folderOf({ '20240102_b/migration.sql': 'b', '20240101_a/migration.sql': 'a', '20240101_a/snapshot.json': '{"dialect":"mysql"}' }),
    );
    expect([idsOf(history), history.dialect]).toEqual([['20240101_a', '20240102_b'], 'mysql']);
  });
});

describe('Flyway', () => {
  const read = (files: Record<string, string>, dialect?: 'postgres' | 'mysql') => flyway.read(folderOf(files), dialect && { dialect });

  it('given versions of several parts, then they are numbers part by part, in folders below as well', () => {
    const history = read({
      'V1.10__c.sql': 'c',
      'V1_9__b.sql': 'b',
      'old/V1__a.sql': 'a',
      'old/U1.9__b.sql': 'undo b',
      '.hidden/V3__x.sql': '',
      'V2__d.SQL': 'd',
    });
    expect(history.migrations.map(({ id, name, down }) => [id, name, textsOf(down)])).toEqual([
      ['1', 'a', 'none'],
      ['1.9', 'b', ['undo b']],
      ['1.10', 'c', 'none'],
      ['2', 'd', 'none'],
    ]);
    expect(history.flaws).toEqual([]);
  });

  it('given repeatable ones, then they come last, by their descriptions', () => {
    const history = read({ 'R__views.sql': 'v', 'R__a_first.sql': 'a', 'V1__x.sql': 'x' });
    expect(history.migrations.map(({ id, repeatable }) => [id, repeatable])).toEqual([
      ['1', undefined],
      ['R__a_first', true],
      ['R__views', true],
    ]);
  });

  it.each([
    ['1 and 1.0', { 'V1__a.sql': '', 'V1.0__b.sql': '' }, ['block duplicate-version']],
    ['1 and 01 in another folder', { 'V1__a.sql': '', 'x/V01__b.sql': '' }, ['block duplicate-version']],
    ['two repeatable ones', { 'R__a.sql': '', 'x/R__a.sql': '' }, ['block duplicate-version']],
    ['an undo of nothing', { 'U2__b.sql': '', 'V1__a.sql': '' }, ['warn down-without-up']],
    ['a name that is none', { 'V1_a.sql': '', 'v2__b.sql': '', 'V1__a.sql': '' }, ['warn stray-file', 'warn stray-file']],
    ['a callback', { 'beforeMigrate.sql': '', 'afterEachMigrate__x.sql': '', 'V1__a.sql': '' }, ['warn callback', 'warn callback']],
  ])('given %s, then it is reported', (_, files, expected) => {
    expect(rulesOf(read(files))).toEqual(expected);
  });

  it('given placeholders, then they count even in comments, unless a .conf turns them off', () => {
    expect(textsOf(read({ 'V1__a.sql': '-- ${x}\nSELECT 1' }).migrations[0]!.up)).toEqual([expect.stringMatching(/template.*\$\{x\}/)]);
    const off = read({ 'V1__a.sql': "SELECT '${x}'", 'V1__a.sql.conf': 'placeholderReplacement=false\nexecuteInTransaction = false\n' });
    expect(off.migrations[0]!.up[0]).toEqual({ file: 'V1__a.sql', line: 1, text: "SELECT '${x}'", outsideTransaction: true });
    expect(textsOf(read({ 'V1__a.sql': 'x', 'V1__a.sql.conf': 'shouldExecute=${y}==1' }).migrations[0]!.up)).toEqual([
      expect.stringMatching(/^opaque: whether/),
    ]);
  });

  it('given programs, then they are opaque in their place', () => {
    expect(textsOf(read({ 'V1__A.java': 'x', 'V2__b.sql': 'b' }).migrations[0]!.up)).toEqual(['opaque: it is a program: V1__A.java']);
  });

  it('given folders for several databases, then one is read with what is for all', () => {
    const files = { 'common/V1__a.sql': 'a', 'postgresql/V2__b.sql': 'pg', 'mysql/V2__b.sql': 'my', 'h2/V2__b.sql': 'h2' };
    expect(read(files, 'mysql').migrations.map(({ up }) => up[0]!.text)).toEqual(['a', 'my']);
    expect(rulesOf(read(files))).toEqual(['warn several-dialects']);
  });
});

describe('sqitch', () => {
  const PLAN = '%syntax-version=1.0.0\n%project=flipr\n%uri=https://example.org/\n\n';
  const by = '2024-01-01T00:00:00Z A B <a@b.org>';
  const read = (plan: string, files: Record<string, string> = {}) => sqitch.read(folderOf({ 'sqitch.plan': PLAN + plan, ...files }));

  it('given a plan, then it gives the order, and scripts run outside of a transaction', () => {
    const history = read(`users ${by} # Users: a table\n@v1.0 ${by}\nlists [users !x] ${by}\n`, {
      'deploy/users.sql': 'u',
      'revert/users.sql': 'undo u',
      'deploy/lists.sql': 'l',
      'deploy/not_planned.sql': 'x',
      'sqitch.conf': '[core]\n\tengine = pg\n',
    });
    expect(history).toEqual({
      migrations: [
        {
          id: 'users',
          name: '@v1.0 Users: a table',
          up: [{ file: 'deploy/users.sql', line: 1, text: 'u', outsideTransaction: true }],
          down: [{ file: 'revert/users.sql', line: 1, text: 'undo u', outsideTransaction: true }],
        },
        { id: 'lists', name: '', up: [{ file: 'deploy/lists.sql', line: 1, text: 'l', outsideTransaction: true }], down: 'none' },
      ],
      flaws: [],
      dialect: 'postgres',
    });
  });

  it('given a change that was reworked, then the older one has the files of its tag', () => {
    const history = read(`a ${by}\n@v1 ${by}\nb ${by}\n@v2 ${by}\na [a@v1] ${by}\n`, {
      'deploy/a@v2.sql': 'old',
      'revert/a@v2.sql': 'undo old',
      'deploy/a.sql': 'new',
      'revert/a.sql': 'back to old',
      'deploy/b.sql': 'b',
    });
    expect(history.migrations.map(({ id, up, down }) => [id, textsOf(up), textsOf(down)])).toEqual([
      ['a@v2', ['old'], ['undo old']],
      ['b', ['b'], 'none'],
      ['a', ['new'], ['back to old']],
    ]);
    expect(history.flaws).toEqual([]);
  });

  it('given changes in folders, and one whose script is gone, then it is opaque', () => {
    const history = read(`x/y ${by}\ngone ${by}\n`, { 'deploy/x/y.sql': 'y' });
    expect(history.migrations.map(({ up }) => textsOf(up))).toEqual([['y'], ['opaque: it cannot be read: ENOENT']]);
  });

  it.each([
    ['no time', 'users A B <a@b.org>\n'],
    ['no name', `[users] ${by}\n`],
    ['a tag before all changes', `@v1 ${by}\n`],
    ['a tag twice', `a ${by}\n@v1 ${by}\nb ${by}\n@v1 ${by}\n`],
    ['a change twice without a tag', `a ${by}\na ${by}\n`],
    ['a change that is to be undone', `-a ${by}\n`],
  ])('given a plan with %s, then it blocks', (_, plan) => {
    expect(rulesOf(read(plan))).toContain('block refused-by-tool');
  });

  it('given a plan without a project, then it blocks', () => {
    expect(rulesOf(sqitch.read(folderOf({ 'sqitch.plan': `a ${by}\n` })))).toEqual(['block refused-by-tool']);
  });
});
