import { describe, expect, it } from 'vitest';
import { tokensOf, topLevelOf } from '../../src/database/catalogs/sqlite-text.js';

const names = new Set(['users', 'email', 'id']);
const parts = (text: string) => topLevelOf(tokensOf(text, names));

describe('the text that SQLite keeps of a table', () => {
  it('given other blanks, comments, letters and quotes of names, then the parts are the same', () => {
    expect(parts(`CREATE TABLE "users" ( [id] INT /* x */ PRIMARY KEY,\n\`email\`  TEXT -- who, where\n)`)).toEqual(
      parts('CREATE TABLE users(id int primary key,email text)'),
    );
  });

  it('given texts, other names in quotes, and what comes after the brackets, then they count', () => {
    expect(parts(`CREATE TABLE users (email text DEFAULT 'A  b, "c"', n CHECK (n <> "null")) STRICT`)).toEqual([
      `email text default 'A  b, "c"'`,
      'n check ( n < > "null" )',
      ') strict',
    ]);
  });

  it('given a view, then letters count: a program may ask for its columns by them', () => {
    expect(tokensOf('CREATE VIEW v AS SELECT "id" AS Mail', names).join(' ')).toBe('CREATE VIEW v AS SELECT id AS Mail');
  });

  it('given a column called as an option, then it is a part', () => {
    expect(parts('CREATE TABLE t (options, "a b", x DECIMAL(1, 2)) WITHOUT ROWID')).toEqual([
      'options',
      '"a b"',
      'x decimal ( 1 , 2 )',
      ') without rowid',
    ]);
  });
});
