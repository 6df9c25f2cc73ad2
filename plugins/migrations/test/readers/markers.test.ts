import { describe, expect, it } from 'vitest';
import { dbmate } from '../../src/readers/dbmate.js';
import { goose } from '../../src/readers/goose.js';
import { nodePgMigrate } from '../../src/readers/node-pg-migrate.js';
import { folderOf, idsOf, misplaced, rulesOf, textsOf } from './folder.js';

describe('dbmate', () => {
  const one = (text: string) => dbmate.read(folderOf({ '1_a.sql': text })).migrations[0]!;

  it('given both markers, then each section starts with its own, in its line', () => {
    expect(one('-- a note\n\n-- migrate:up\nCREATE TABLE a ();\n\n-- migrate:down transaction:false x:y\nDROP TABLE a;\n')).toEqual({
      id: '1',
      name: 'a',
      up: [{ file: '1_a.sql', line: 3, text: '-- migrate:up\nCREATE TABLE a ();\n\n' }],
      down: [{ file: '1_a.sql', line: 6, text: '-- migrate:down transaction:false x:y\nDROP TABLE a;\n', outsideTransaction: true }],
    });
  });

  it('given a marker in a dollar quote or a string, then it counts as dbmate counts it: at the start of a line, and nowhere else', () => {
    const inQuote = one('-- migrate:up\nDO $$ BEGIN\n-- migrate:down\nEND $$;\n');
    expect(textsOf(inQuote.up)).toEqual(['-- migrate:up\nDO $$ BEGIN\n']);
    const indented = one('-- migrate:up\nDO $$ BEGIN\n  -- migrate:down\nEND $$;\n-- migrate:downhill\n-- migrate:down\n');
    expect(textsOf(indented.up)).toEqual(['-- migrate:up\nDO $$ BEGIN\n  -- migrate:down\nEND $$;\n-- migrate:downhill\n']);
  });

  it('given carriage returns and odd blanks, then the markers are seen', () => {
    expect(textsOf(one('--migrate:up\r\nA;\r\n--\t migrate:down \r\nB;\r\n').down)).toEqual(['--\t migrate:down \r\nB;\r\n']);
  });

  it('given several pairs, then both ways run them from top to bottom', () => {
    const { up, down } = one('-- migrate:up\na;\n-- migrate:down\nb;\n-- migrate:up\nc;\n-- migrate:down\nd;\n');
    expect([textsOf(up), textsOf(down)]).toEqual([
      ['-- migrate:up\na;\n', '-- migrate:up\nc;\n'],
      ['-- migrate:down\nb;\n', '-- migrate:down\nd;\n'],
    ]);
  });

  it.each([
    ['a byte order mark, which hides the first marker', '\uFEFF-- migrate:up\n-- migrate:down\n', /no `-- migrate:up`/],
    ['no marker for the up', 'CREATE TABLE a ();\n', /no `-- migrate:up`/],
    ['no marker for the down', '-- migrate:up\nCREATE TABLE a ();\n', /no `-- migrate:down`/],
    ['statements before', 'CREATE TABLE a ();\n-- migrate:up\n-- migrate:down\n', /before/],
    ['two downs', '-- migrate:up\n-- migrate:down\n-- migrate:down\n', /before it/],
  ])('given %s, then dbmate refuses it, and it is opaque both ways', (_, text, reason) => {
    const { up, down } = one(text);
    for (const way of [up, down]) expect(way).toMatchObject([{ line: 1, opaque: expect.stringMatching(reason) }]);
  });

  it('given versions of other lengths, then they are sorted as texts and keep their zeros', () => {
    const text = '-- migrate:up\n-- migrate:down\n';
    expect(idsOf(dbmate.read(folderOf({ '9_a.sql': text, '10_b.sql': text, '007_c.sql': text })))).toEqual(['007', '10', '9']);
  });

  it('given two with one version, and a name that is none, then both are reported', () => {
    const text = '-- migrate:up\n-- migrate:down\n';
    expect(rulesOf(dbmate.read(folderOf({ '1_a.sql': text, '1_b.sql': text, 'x.sql': text })))).toEqual([
      'block duplicate-version',
      'warn stray-file',
    ]);
  });
});

describe('goose', () => {
  const one = (text: string) => goose.read(folderOf({ '00007_a.sql': text })).migrations[0]!;
  const statements = (text: string) => {
    const { up, down } = one(text);
    return [textsOf(up), textsOf(down)];
  };

  it('given statements, then each is sent alone, and stands in its line', () => {
    const text =
      '-- +goose Up\n-- a note\nCREATE TABLE a (\n  id int -- the key;\n);\n\nSELECT 1; SELECT 2;\n-- +goose Down\nDROP TABLE a;\n';
    const folder = folderOf({ '00007_a.sql': text });
    const history = goose.read(folder);
    expect(history.migrations).toMatchObject([
      {
        id: '7',
        name: 'a',
        up: [
          { line: 3, text: 'CREATE TABLE a (\n  id int -- the key;\n);' },
          { line: 7, text: 'SELECT 1; SELECT 2;' },
        ],
        down: [{ line: 9, text: 'DROP TABLE a;' }],
      },
    ]);
    expect(misplaced(folder, history)).toEqual([]);
  });

  it('given a block, then it is one statement, whatever is in it', () => {
    const block = 'CREATE FUNCTION f() RETURNS int AS $$\nBEGIN\n  RETURN 1;\nEND;\n$$ LANGUAGE plpgsql;';
    expect(statements(`-- +goose Up\n-- +goose StatementBegin\n${block}\n-- +goose StatementEnd\nSELECT 1;\n`)).toEqual([
      [block, 'SELECT 1;'],
      'none',
    ]);
  });

  it('given a body without a block, then goose cuts it in pieces, and so does the reader', () => {
    expect(statements("-- +goose Up\nDO $$ BEGIN\n  PERFORM 1;\nEND $$;\nINSERT INTO a VALUES ('x;\ny');\n")[0]).toEqual([
      'DO $$ BEGIN\n  PERFORM 1;',
      'END $$;',
      "INSERT INTO a VALUES ('x;",
      "y');",
    ]);
  });

  it('given NO TRANSACTION anywhere, then both ways run outside of one', () => {
    const { up, down } = one(
      '-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY a ON b (c);\n-- +goose Down\nDROP INDEX a;\n',
    );
    expect([up, down]).toMatchObject([[{ outsideTransaction: true }], [{ outsideTransaction: true }]]);
  });

  it('given ENVSUB, then what holds a variable is opaque, and what stands outside of it is not', () => {
    expect(
      statements('-- +goose Up\n-- +goose ENVSUB ON\nGRANT ALL ON a TO $ROLE;\nSELECT 1;\n-- +goose ENVSUB OFF\nSELECT $$x$$;\n')[0],
    ).toEqual([expect.stringMatching(/^opaque: goose fills in/), 'SELECT 1;', 'SELECT $$x$$;']);
  });

  it('given a section without a statement, then it is run and does nothing; given none, then there is no way back', () => {
    expect(one('-- +goose Up\nSELECT 1;\n-- +goose Down\n-- nothing\n').down).toEqual([{ file: '00007_a.sql', line: 3, text: '' }]);
    expect(one('-- +goose Up\nSELECT 1;\n').down).toBe('none');
  });

  it.each([
    ['a statement without its semicolon', '-- +goose Up\nSELECT 1\n', /semicolon/],
    ['the same before the next section', '-- +goose Up\nSELECT 1\n-- +goose Down\nSELECT 2;\n', /semicolon/],
    ['no annotation', 'SELECT 1;\n', /before `-- \+goose Up`/],
    ['nothing', '\n', /no `-- \+goose Up`/],
    ['the same annotation twice', '-- +goose Up\n-- +goose Up\n', /twice/],
    ['one that is indented', ' -- +goose Up\n', /indented/],
    ['one that is not known', '-- +goose Upp\n', /no annotation like/],
    ['a block without an end', '-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n', /StatementEnd/],
    ['an end without a block', '-- +goose Up\n-- +goose StatementEnd\n', /StatementBegin/],
    ['a block outside of a section', '-- +goose StatementBegin\n', /outside/],
    ['a down without an up', '-- +goose Down\nSELECT 1;\n', /without/],
    ['a byte order mark', '\uFEFF-- +goose Up\nSELECT 1;\n', /before/],
  ])('given %s, then goose refuses it', (_, text, reason) => {
    expect(one(text).up).toMatchObject([{ opaque: expect.stringMatching(reason) }]);
  });

  it('given a mistake in the down alone, then the up is read', () => {
    expect(statements('-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2\n')).toEqual([
      ['SELECT 1;'],
      [expect.stringMatching(/^opaque: goose refuses/)],
    ]);
  });

  it('given carriage returns and other cases, then the annotations are seen', () => {
    expect(statements('-- +goose UP\r\nSELECT 1;\r\n--+goose down\r\nSELECT 2;\r\n')).toEqual([['SELECT 1;'], ['SELECT 2;']]);
  });

  it('given programs, tests and helpers in Go, then programs are opaque, and the others none', () => {
    const history = goose.read(
      folderOf({
        '1_a.sql': '-- +goose Up\nSELECT 1;\n',
        '2_b.go': 'package x',
        '2_b_test.go': '',
        'helper.go': '',
        'x.sql': '',
        '0_z.sql': '',
      }),
    );
    expect(idsOf(history)).toEqual(['1', '2']);
    expect(textsOf(history.migrations[1]!.down)).toEqual(['opaque: it is a program in Go']);
    expect(history.flaws.map(({ rule, file }) => `${rule} ${file}`)).toEqual(['stray-file 0_z.sql', 'stray-file x.sql']);
  });
});

describe('node-pg-migrate', () => {
  const read = (files: Record<string, string>) => nodePgMigrate.read(folderOf(files));
  const one = (text: string) => {
    const { up, down } = read({ '1_a.sql': text }).migrations[0]!;
    return [textsOf(up), textsOf(down)];
  };

  it.each([
    ['both markers', '-- Up Migration\na;\n-- Down Migration\nb;\n', ['-- Up Migration\na;\n'], ['-- Down Migration\nb;\n']],
    ['them the other way round', '-- down migration\nb;\n-- up migration\na;\n', ['-- up migration\na;\n'], ['-- down migration\nb;\n']],
    ['only one for the up', '-- Up Migration\na;\n', ['-- Up Migration\na;\n'], 'none'],
    ['none', 'a;\n', ['a;\n'], 'none'],
    [
      'only one for the down: the up is the whole file, as the tool has it',
      'a;\n-- Down Migration\nb;\n',
      ['a;\n-- Down Migration\nb;\n'],
      ['-- Down Migration\nb;\n'],
    ],
  ])('given %s, then it is cut as the tool cuts it', (_, text, up, down) => {
    expect(one(text)).toEqual([up, down]);
  });

  it('given two files, then they are one migration, and it warns that the default would make them two', () => {
    const history = read({ '0001_a.up.sql': 'a;', '0001_a.down.sql': 'b;' });
    expect(history.migrations).toMatchObject([{ id: '0001_a', name: 'a', up: [{ text: 'a;' }], down: [{ text: 'b;' }] }]);
    expect(rulesOf(history)).toEqual(['warn two-files']);
    expect(rulesOf(read({ '1_a.sql': '', '1_a.up.sql': '' }))).toEqual(['block duplicate-version']);
  });

  it('given numbers and times of three kinds, then they are sorted as the tool sorts them', () => {
    const names = ['1700000000000_b', '20231114221319999_a', '20231114221320001_c', '0002_y', '10_z'];
    expect(idsOf(read(Object.fromEntries(names.map((name) => [`${name}.sql`, '']))))).toEqual([
      '0002_y',
      '10_z',
      '20231114221319999_a',
      '1700000000000_b',
      '20231114221320001_c',
    ]);
  });

  it('given modules, then plain SQL is read, an inferred way back is opaque, and `false` is marked as none', () => {
    const ways = (text: string) => {
      const { up, down } = read({ '1_a.js': text }).migrations[0]!;
      return [textsOf(up), textsOf(down)];
    };
    expect(ways('exports.up = (pgm) => { pgm.sql("a"); pgm.sql(`b`); };\nexports.down = false;')).toEqual([['a', 'b'], 'irreversible']);
    expect(ways('export const up = (pgm) => pgm.sql("a");\nexport const down = (pgm) => {};')).toEqual([['a'], ['']]);
    expect(ways('exports.shorthands = undefined;\nexports.up = (pgm) => { pgm.sql("a"); };')).toEqual([
      ['a'],
      [expect.stringMatching(/inferred/)],
    ]);
    expect(ways('exports.up = (pgm) => { pgm.dropTable("a"); };')[0]).toEqual([expect.stringMatching(/calls something else, in line 1/)]);
  });
});
