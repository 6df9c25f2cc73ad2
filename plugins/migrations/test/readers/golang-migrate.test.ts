import { describe, expect, it } from 'vitest';
import { golangMigrate } from '../../src/readers/golang-migrate.js';
import { folderOf, idsOf, rulesOf, textsOf } from './folder.js';

const read = (files: Record<string, string>, dialect?: 'postgres' | 'mysql' | 'sqlite') =>
  golangMigrate.read(folderOf(files), dialect && { dialect });

describe('golang-migrate', () => {
  it('given pairs, then each is a migration with both ways, sent as it is and outside of a transaction', () => {
    const history = read({ '1_users.up.sql': 'CREATE TABLE a ();', '1_users.down.sql': 'DROP TABLE a;', 'seed.txt': 'x' });
    expect(history).toEqual({
      migrations: [
        {
          id: '1',
          name: 'users',
          up: [{ file: '1_users.up.sql', line: 1, text: 'CREATE TABLE a ();', outsideTransaction: true }],
          down: [{ file: '1_users.down.sql', line: 1, text: 'DROP TABLE a;', outsideTransaction: true }],
        },
      ],
      flaws: [],
    });
  });

  it('given versions with and without leading zeros, then they are numbers', () => {
    expect(idsOf(read({ '0010_c.up.sql': '', '9_b.up.sql': '', '000002_a.up.sql': '', '10000_d.up.sql': '' }))).toEqual([
      '2',
      '9',
      '10',
      '10000',
    ]);
  });

  it('given titles with dots, then they are titles', () => {
    const { migrations } = read({ '0110_2.9.0_schema.up.sql': '', '0111_fix.v2.up.sql': '', '0112_a.down.b.up.sql': '' });
    expect(migrations.map(({ id, name }) => `${id} ${name}`)).toEqual(['110 2.9.0_schema', '111 fix.v2', '112 a.down.b']);
  });

  it('given a down of another title, then it belongs to the version', () => {
    expect(read({ '1_a.up.sql': 'x', '1_b.down.sql': 'y' }).migrations).toMatchObject([{ name: 'a', down: [{ text: 'y' }] }]);
  });

  it('given an up without a down, a down without an up, and an empty down, then each is what it is', () => {
    const history = read({ '1_a.up.sql': 'x', '2_b.down.sql': 'y', '3_c.up.sql': 'z', '3_c.down.sql': '' });
    expect(history.migrations.map(({ up, down }) => [textsOf(up), textsOf(down)])).toEqual([
      [['x'], 'none'],
      [[], ['y']],
      [['z'], ['']],
    ]);
    expect(rulesOf(history)).toEqual(['warn down-without-up']);
  });

  it('given two with one version, then the folder is blocked: the tool refuses it', () => {
    expect(rulesOf(read({ '1_a.up.sql': '', '01_b.up.sql': '' }))).toEqual(['block duplicate-version']);
    expect(rulesOf(read({ '1_a.up.sql': '', '1_a.down.sql': '', '1_b.down.sql': '' }))).toEqual(['block duplicate-version']);
  });

  it('given a gap in a sequence, then it warns; timestamps, and those who count in tens, have gaps', () => {
    const names = (...versions: string[]) => Object.fromEntries(versions.map((version) => [`${version}_a.up.sql`, '']));
    const history = read(names('1', '2', '3', '5', '6', '9'));
    expect(history.flaws).toMatchObject([{ level: 'warn', rule: 'version-gap', message: expect.stringMatching(/4, 7 to 8$/) }]);
    expect(rulesOf(read(names('20240101', '20240102', '20240105')))).toEqual([]);
    expect(rulesOf(read(names('10', '20', '30', '31')))).toEqual([]);
    expect(rulesOf(read(names('100')))).toEqual([]);
  });

  it('given files that fit no pattern, then they are reported where they are SQL, and a version beyond 64 bits is one of them', () => {
    const history = read({ '1_a.up.sql': '', 'v2_b.up.sql': '', '3_c.sql': '', '99999999999999999999_d.up.sql': '', 'README.md': '' });
    expect(idsOf(history)).toEqual(['1']);
    expect(history.flaws.map(({ rule, file }) => `${rule} ${file}`)).toEqual([
      'stray-file 3_c.sql',
      'stray-file 99999999999999999999_d.up.sql',
      'stray-file v2_b.up.sql',
    ]);
  });

  it('given something else than SQL, then it is opaque', () => {
    expect(textsOf(read({ '1_a.up.json': '{}' }).migrations[0]!.up)).toEqual(['opaque: it is json, and no SQL']);
  });
});

describe('one file for each database, as of pop', () => {
  const files = {
    '20240101000000000000_a.postgres.up.sql': 'pg',
    '20240101000000000000_a.postgres.down.sql': 'pg down',
    '20240101000000000000_a.mysql.up.sql': 'my',
    '20240101000000000000_a.down.sql': 'all down',
    '20240101000000000001_b.up.sql': 'all',
    '20240101000000000001_b.cockroach.up.sql': 'crdb',
    '20240101000000000002_c.sqlite3.up.sql': 'lite',
    '20240101000000000003_d.postgres.autocommit.up.sql': 'CREATE INDEX CONCURRENTLY',
    '20240101000000000004_e.autocommit.up.sql': 'all alone',
  };

  it('given PostgreSQL, then its own file counts before the general one, and what is for others is no migration', () => {
    const history = read(files, 'postgres');
    expect(history.dialect).toBe('postgres');
    expect(history.migrations.map(({ id, name, up, down }) => [id.slice(-1), name, textsOf(up), textsOf(down)])).toEqual([
      ['0', 'a', ['pg'], ['pg down']],
      ['1', 'b', ['all'], 'none'],
      ['3', 'd', ['CREATE INDEX CONCURRENTLY'], 'none'],
      ['4', 'e', ['all alone'], 'none'],
    ]);
    expect(history.migrations.map(({ up }) => up[0]!.outsideTransaction ?? false)).toEqual([false, false, true, true]);
    expect(history.flaws).toEqual([]);
  });

  it('given MySQL, then the general down stands in for one of its own', () => {
    expect(read(files, 'mysql').migrations[0]).toMatchObject({ up: [{ text: 'my' }], down: [{ text: 'all down' }] });
  });

  it('given none that is wanted, then PostgreSQL is read, and it warns', () => {
    const history = read(files);
    expect(history.dialect).toBe('postgres');
    expect(rulesOf(history)).toEqual(['warn several-dialects']);
  });

  it('given a Go template, then it is opaque even where it is quoted, for pop fills it in there too', () => {
    const text = "SELECT '{{ identifier .X }}'";
    expect(read({ '1_a.postgres.up.sql': text }).migrations[0]!.up[0]!.opaque).toMatch(/template/);
    expect(read({ '1_a.up.sql': text }).migrations[0]!.up[0]!.opaque).toBeUndefined();
  });
});
