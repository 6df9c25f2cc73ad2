import { describe, expect, it } from 'vitest';
import { optionsOf } from '../../src/database/mysql.js';
import { dialectOf, sqliteFileOf, withoutPassword } from '../../src/database/url.js';
import { projectOf } from '../../src/project.js';

describe('the URL of a database', () => {
  it.each([
    ['postgres://a/b', 'postgres'],
    ['postgresql://a/b', 'postgres'],
    ['mysql://a/b', 'mysql'],
    ['MariaDB://a/b', 'mysql'],
    ['sqlite:a', 'sqlite'],
    ['sqlite3:a', 'sqlite'],
    ['file:./a.db', 'sqlite'],
    ['mssql://a/b', undefined],
    ['constructor:a', undefined],
    ['', undefined],
  ])('given %s, then its dialect is %s', (url, dialect) => expect(dialectOf(url)).toBe(dialect));

  it('given a password, then no message has it', () => {
    expect(withoutPassword('mysql://root:hidden@h:1/a?ssl=hidden')).toBe('mysql://root@h:1/a');
    expect(withoutPassword('sqlite:db/a.sqlite3?key=hidden')).toBe('sqlite:db/a.sqlite3');
    expect(withoutPassword('mysql://root:hidden@/a')).toBe('the database');
  });

  it.each([
    ['sqlite:db/a.sqlite3', '/app/db/a.sqlite3'],
    ['sqlite3:a.db?mode=rw', '/app/a.db'],
    ['file:./dev.db', '/app/dev.db'],
    ['sqlite:/var/a.db', '/var/a.db'],
    ['sqlite:////var/a.db', '/var/a.db'],
    ['file:///var/a.db', '/var/a.db'],
  ])('given %s, then its file is %s', (url, file) => expect(sqliteFileOf(url, '/app')).toBe(file));

  it.each([
    ['sqlite://db/a.db', 'tools do not agree'],
    ['sqlite:///a.db', 'tools do not agree'],
    ['file://host/a.db', 'tools do not agree'],
    ['sqlite:a%20b.db', 'tools do not agree'],
    ['sqlite::memory:', 'it names no file'],
    ['sqlite:', 'it names no file'],
  ])('given %s, then it is refused: %s', (url, why) => expect(() => sqliteFileOf(url, '/app')).toThrow(why));

  it('given a URL of MySQL, then what tools agree on is taken', () => {
    expect(optionsOf('mysql://a%40b:p%2Fw@h:3307/app?parseTime=true')).toMatchObject({
      host: 'h',
      port: 3307,
      user: 'a@b',
      password: 'p/w',
      database: 'app',
    });
    expect(optionsOf('mariadb://root@/app?socket=/run/m.sock')).toMatchObject({ user: 'root', socketPath: '/run/m.sock' });
    expect(optionsOf('mysql://h/app')).not.toHaveProperty('ssl');
    expect(optionsOf('mysql://h/app?tls=true').ssl).toEqual({});
    expect(optionsOf('mysql://h/app?tls=skip-verify').ssl).toEqual({ rejectUnauthorized: false });
    expect(optionsOf('mysql://h/app?ssl={"rejectUnauthorized":true}').ssl).toEqual({ rejectUnauthorized: true });
    expect(() => optionsOf('mysql://h/app?tls=custom')).toThrow('tls=custom is not understood');
    expect(() => optionsOf('mysql://h/')).toThrow('it names no database');
  });
});

describe('the database of a project', () => {
  const where = { dir: '/app', environment: 'staging', env: {} };
  it('given a URL, then it says the dialect, and what contradicts it is refused', () => {
    expect(projectOf(where, { dir: 'db', url: 'mysql://h/app' })).toMatchObject({ dialect: 'mysql', base: '/app' });
    expect(() => projectOf(where, { dir: 'db', url: 'mysql://h/app', dialect: 'postgres' })).toThrow('`dialect` says postgres');
    expect(() => projectOf(where, { dir: 'db', url: 'sqlite:a.db', dump: true })).toThrow('`dump` is done by pg_dump');
    expect(projectOf(where, { dir: 'db', url: 'postgres://h/app', dump: true })).toMatchObject({ dumps: true });
  });
});
