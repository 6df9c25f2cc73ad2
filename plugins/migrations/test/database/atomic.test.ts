import { beforeAll, describe, expect, it } from 'vitest';
import { loadParserOf } from '../../src/sql/parser.js';
import { isAtomic } from '../../src/way-back/atomic.js';

const TOOL = { wraps: ['mysql', 'sqlite'] } as const;
const script = (text: string, more = {}) => ({ file: 'a.sql', line: 1, text, ...more });
const OUTSIDE = { outsideTransaction: true } as const;

describe('was it all of it or nothing, where nothing of its schema is there', () => {
  beforeAll(async () => {
    for (const each of ['postgres', 'mysql', 'sqlite'] as const) await loadParserOf(each);
  });
  const mysql = { dialect: 'mysql', tool: TOOL, isTransactional: true } as const;

  it.each([
    ['one change of the schema', 'ALTER TABLE t ADD a int;', true],
    ['two that make something', 'CREATE TABLE t (a int); CREATE INDEX i ON t (a)', true],
    ['two of which one may undo the other', 'ALTER TABLE t DROP a; ALTER TABLE t ADD a int', false],
    ['a table that is made anew', 'DROP TABLE t; CREATE TABLE t (a int)', false],
    ['rows, which the tool writes in one transaction', 'UPDATE t SET a = 1; INSERT INTO t VALUES (1)', true],
    ['rows and a change of the schema', 'UPDATE t SET a = 1; ALTER TABLE t ADD b int', false],
    ['TRUNCATE, which no transaction holds', 'TRUNCATE TABLE t', false],
    ['what nobody can read', 'CALL something()', false],
    ['a table made of rows', 'CREATE TABLE t AS SELECT 1', false],
  ])('given MySQL, and %s', (_, text, is) => expect(isAtomic(script(text), mysql)).toBe(is));

  it('given rows in MySQL, then it is not where no transaction holds them', () => {
    const rows = 'UPDATE t SET a = 1';
    expect(isAtomic(script(rows), { ...mysql, tool: {} })).toBe(false);
    expect(isAtomic(script(rows), { ...mysql, tool: { wraps: ['sqlite'] } })).toBe(false);
    expect(isAtomic(script(rows), { ...mysql, isTransactional: false })).toBe(false);
    expect(isAtomic(script(rows, OUTSIDE), mysql)).toBe(false);
    expect(isAtomic(script(rows, { opaque: 'a program' }), mysql)).toBe(false);
  });

  it('given SQLite, then it is where the tool opens a transaction', () => {
    const mixed = 'UPDATE t SET a = 1; ALTER TABLE t ADD b int';
    const sqlite = { dialect: 'sqlite', tool: TOOL, isTransactional: true } as const;
    expect(isAtomic(script(mixed), sqlite)).toBe(true);
    expect(isAtomic(script(mixed, OUTSIDE), sqlite)).toBe(false);
    expect(isAtomic(script(mixed), { ...sqlite, tool: {} })).toBe(false);
  });

  it('given PostgreSQL, then it is in a transaction, whoever opens it', () => {
    const postgres = { dialect: 'postgres', tool: {}, isTransactional: true } as const;
    expect(isAtomic(script('UPDATE t SET a = 1; ALTER TABLE t ADD b int'), postgres)).toBe(true);
    expect(isAtomic(script('UPDATE t SET a = 1; ALTER TABLE t ADD b int', OUTSIDE), postgres)).toBe(false);
  });
});
