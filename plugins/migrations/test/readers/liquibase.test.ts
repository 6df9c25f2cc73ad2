import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/migration.js';
import { liquibase } from '../../src/readers/liquibase.js';
import { folderOf, idsOf, misplaced, rulesOf, textsOf } from './folder.js';

const HEAD = '--liquibase formatted sql\n';
const read = (files: Record<string, string>, dialect?: Dialect) => liquibase.read(folderOf(files), dialect && { dialect });
const one = (text: string) => read({ 'a.sql': HEAD + text });

describe('a changelog in formatted SQL', () => {
  it('given several changesets, then each is a migration, and stands in its lines', () => {
    const text = `${HEAD}
--changeset alice:1 runInTransaction:false
--comment: the first one
CREATE INDEX CONCURRENTLY a
  ON b (c);
--rollback DROP INDEX a;
--rollback SELECT 1;

-- changeset bob:"2 b"
CREATE TABLE d ();
`;
    const folder = folderOf({ 'db/a.sql': text });
    const history = liquibase.read(folder);
    expect(history).toEqual({
      migrations: [
        {
          id: 'db/a.sql::1::alice',
          name: 'the first one',
          up: [{ file: 'db/a.sql', line: 5, text: 'CREATE INDEX CONCURRENTLY a\n  ON b (c);', outsideTransaction: true }],
          down: [{ file: 'db/a.sql', line: 7, text: 'DROP INDEX a;\nSELECT 1;', outsideTransaction: true }],
        },
        { id: 'db/a.sql::2 b::bob', name: '', up: [{ file: 'db/a.sql', line: 11, text: 'CREATE TABLE d ();' }], down: 'none' },
      ],
      flaws: [],
    });
    expect(misplaced(folder, history)).toEqual([]);
  });

  it('given marks among the statements, then they are empty lines, so that the lines keep their numbers', () => {
    const [migration] = one(
      '--changeset a:1\nSELECT 1;\n--rollback x;\n--ignoreLines:1\nSELECT 2;\n--ignoreLines:start\nSELECT 3;\n--ignoreLines:end\nSELECT 4;\n--rollback y;\n',
    ).migrations;
    expect(migration).toMatchObject({
      up: [{ line: 3, text: 'SELECT 1;\n\n\n\n\n\n\nSELECT 4;' }],
      down: [{ line: 4, text: 'x;\n\n\n\n\n\n\ny;' }],
    });
  });

  it.each([
    ['none', '', 'none'],
    ['an empty one', '--rollback \n', 'none'],
    ['not required', '--rollback not required\n', ['']],
    ['empty', '--rollback empty\n', ['']],
    ['a block', '/* liquibase rollback\nDROP TABLE a;\n*/\n', ['DROP TABLE a;']],
    ['another changeset', '--rollback changesetId:1 changesetAuthor:a\n', ['opaque: its rollback is another changeset']],
    ['a placeholder', '--rollback DROP TABLE ${x};\n', [expect.stringMatching(/^opaque: it is a template/)]],
  ])('given a rollback that is %s, then it is what Liquibase makes of it', (_, rollback, expected) => {
    expect(textsOf(one(`--changeset a:1\nSELECT 1;\n${rollback}`).migrations[0]!.down)).toEqual(expected);
  });

  it('given a mark in a dollar quote, then it counts all the same', () => {
    const [migration] = one('--changeset a:1 splitStatements:false\nDO $$ BEGIN\n--rollback SELECT 1;\nEND $$;\n').migrations;
    expect([textsOf(migration!.up), textsOf(migration!.down)]).toEqual([['DO $$ BEGIN\n\nEND $$;'], ['SELECT 1;']]);
  });

  it('given attributes, then they say for which database, and when it is run', () => {
    const text = [
      '--changeset a:1 dbms:mysql\nSELECT 1;',
      '--changeset a:2 dbms:postgresql,h2\nSELECT 2;',
      '--changeset a:3 dbms:!postgresql\nSELECT 3;',
      '--changeset a:4 runOnChange:true\nSELECT 4;',
      '--changeset a:5 context:test\nSELECT 5;',
      '--changeset a:6\n--preconditions onFail:MARK_RAN\n--precondition-sql-check expectedResult:0 SELECT 0\nSELECT 6;',
      '--changeset a:7 ignore:true\nSELECT 7;',
      '--changeset a:8 logicalFilePath:x.sql\nSELECT ${y};',
    ].join('\n');
    const history = one(text);
    expect(idsOf(history).map((id) => id.split('::')[1])).toEqual(['2', '4', '5', '6', '8']);
    expect(history.migrations[1]).toMatchObject({ repeatable: true });
    expect(history.migrations[4]).toMatchObject({ id: 'x.sql::8::a', up: [{ opaque: expect.stringMatching(/template/) }] });
    expect(rulesOf(history)).toEqual(['warn several-dialects', 'warn conditional', 'warn conditional']);
    expect(idsOf(read({ 'a.sql': HEAD + text }, 'mysql')).map((id) => id.split('::')[1])).toEqual(['1', '3', '4', '5', '6', '8']);
  });

  it.each([
    ['a changeset without SQL', '--changeset a:1\n--changeset a:2\nSELECT 1;\n'],
    ['one dash', '-changeset a:1\nSELECT 1;\n'],
    ['a changeset without an id', '--changeset a\nSELECT 1;\n'],
    ['one dash in a changeset', '--changeset a:1\nSELECT 1;\n-rollback SELECT 2;\n'],
    ['a comment outside of a changeset', '--comment x\n'],
    ['a block without an end', '--changeset a:1\nSELECT 1;\n/* liquibase rollback\nSELECT 2;\n'],
    ['lines to ignore without a count', '--ignoreLines:some\n'],
  ])('given %s, then Liquibase refuses the file, and it is opaque', (_, text) => {
    const history = one(text);
    expect(rulesOf(history)).toEqual(['block refused-by-tool']);
    expect(textsOf(history.migrations[0]!.up)).toEqual([expect.stringMatching(/^opaque: Liquibase refuses it/)]);
  });

  it('given a carriage return alone, which ends a line for Liquibase and hardly for anybody else, then it is opaque', () => {
    expect(textsOf(one('--changeset a:1\nSELECT 1;\r--rollback SELECT 2;\n').migrations[0]!.up)).toEqual([
      expect.stringMatching(/^opaque: a carriage return/),
    ]);
  });

  it('given one changeset twice, then it blocks', () => {
    expect(rulesOf(one('--changeset a:1\nSELECT 1;\n--changeset a:1\nSELECT 2;\n'))).toEqual(['block duplicate-version']);
  });
});

describe('several changelogs', () => {
  const sql = (id: number) => `${HEAD}--changeset a:${id}\nSELECT ${id};\n`;
  const files = { 'b.sql': sql(1), 'a.sql': sql(2), 'data.sql': 'SELECT 0;' };
  const orderOf = (master: Record<string, string>) => idsOf(read({ ...files, ...master })).map((id) => id.split('::')[0]);

  it('given no other, then they come by their paths; plain SQL is none of them', () => {
    expect(orderOf({})).toEqual(['a.sql', 'b.sql']);
  });

  it('given one that includes each, then that order counts', () => {
    expect(orderOf({ 'master.yaml': 'databaseChangeLog:\n  - include:\n      file: b.sql\n  - include:\n      file: a.sql\n' })).toEqual([
      'b.sql',
      'a.sql',
    ]);
    expect(orderOf({ 'master.xml': '<databaseChangeLog><includeAll path="."/></databaseChangeLog>' })).toEqual(['a.sql', 'b.sql']);
  });

  it('given one that does not name all of them, then it warns', () => {
    const history = read({ ...files, 'master.json': '{"databaseChangeLog":[{"include":{"file":"b.sql"}}]}' });
    expect(rulesOf(history)).toEqual(['warn order-assumed']);
  });

  it('given changesets in XML, then they are opaque', () => {
    const history = read({ 'a.xml': '<databaseChangeLog><changeSet id="1" author="a"/></databaseChangeLog>', 'other.xml': '<project/>' });
    expect(history.migrations).toMatchObject([{ id: 'a.xml', up: [{ opaque: expect.stringMatching(/no SQL/) }] }]);
  });
});
