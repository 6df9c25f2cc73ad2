import { beforeAll, describe, expect, it } from 'vitest';
import { loadParserOf } from '../src/sql/parser.js';
import { MYSQL_BASE, MYSQL_CASES, MYSQL_VERDICTS } from './dialects/mysql-cases.js';
import { SQLITE_BASE, SQLITE_CASES, SQLITE_VERDICTS } from './dialects/sqlite-cases.js';
import { judgedOn, rulesOf } from './judged.js';

beforeAll(() => loadParserOf('mysql'));

describe.each([
  ['mysql', MYSQL_BASE, MYSQL_CASES, MYSQL_VERDICTS],
  ['sqlite', SQLITE_BASE, SQLITE_CASES, SQLITE_VERDICTS],
] as const)('the rules on %s', (dialect, base, cases, verdicts) => {
  it.each(Object.entries(cases))('given %s, then both verdicts are as a real server has shown them', (name, [up, down]) => {
    const judgement = judgedOn({ dialect, base }, up, down);
    const said = [judgement.keep_schema, rulesOf(judgement, 'keep_schema'), judgement.run_down, rulesOf(judgement, 'run_down')];
    expect(said).toEqual(verdicts[name]);
  });

  it('given nothing of what was there, then no type that is changed is ok', () => {
    const up =
      dialect === 'mysql' ? 'ALTER TABLE users MODIFY name varchar(80)' : cases['a table made anew as it was' as keyof typeof cases][0];
    expect(judgedOn({ dialect, base: '' }, up, up)).toMatchObject({ keep_schema: 'block', run_down: 'block' });
  });
});

/** What must not be passed over: it is said that nobody can tell, and no verdict is ok. */
const OPAQUE = {
  mysql: [
    'DELIMITER //\nSELECT 1 //',
    'CREATE PROCEDURE p() BEGIN DROP TABLE users; END',
    'CALL p()',
    "PREPARE s FROM 'DROP TABLE users'",
    "SET @a = (SELECT 1); SET sql_mode = 'ANSI_QUOTES'",
    'SET GLOBAL foreign_key_checks = 0',
    '/*!80000 DROP TABLE users */',
    '/*M! DROP TABLE users */',
    'SELECT 5--1',
    'ALTER TABLE users ENGINE = MyISAM',
    'ALTER TABLE users CONVERT TO CHARACTER SET latin1',
    'ALTER TABLE users ADD seq bigint AUTO_INCREMENT UNIQUE',
    'ALTER TABLE users MODIFY name varchar(40) UNIQUE',
    'ALTER TABLE users RENAME COLUMN name TO bio2, DROP COLUMN bio2',
    'CREATE TABLE copy LIKE users',
    'USE other',
    'DROP DATABASE other',
    "SELECT sys_exec('rm')",
    "INSERT INTO posts (title) SELECT x FROM users INTO OUTFILE '/tmp/x'",
    'ALTER TABLE posts ADD editor int REFERENCES users (id)',
    "SELECT 'no end",
    'SELECT 1 /* no end',
    'SELECT \0 1',
  ],
  sqlite: [
    "ATTACH DATABASE 'x' AS other",
    'PRAGMA writable_schema = 1',
    'PRAGMA legacy_alter_table = ON',
    'CREATE VIRTUAL TABLE f USING fts5(a)',
    'DROP TABLE other.users',
    "SELECT load_extension('x')",
    'INSERT OR ROLLBACK INTO notes (id) VALUES (1)',
    'CREATE TABLE a (x int NOT NULL ON CONFLICT REPLACE)',
    'VACUUM',
    '.read other.sql',
    "SELECT 'no end",
  ],
} as const;

describe.each(Object.entries(OPAQUE) as ['mysql' | 'sqlite', readonly string[]][])('what nobody can tell of %s', (dialect, scripts) => {
  it.each(scripts)('given %j, then no verdict is ok', (up) => {
    const base = dialect === 'mysql' ? MYSQL_BASE : SQLITE_BASE;
    const judgement = judgedOn({ dialect, base }, up, 'SELECT 1');
    expect([judgement.keep_schema, judgement.run_down]).not.toContain('ok');
    expect(judgement.reasons.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^(?:opaque-code|unparseable|up-drop-container)$/)]),
    );
  });
});
