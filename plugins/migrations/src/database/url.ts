import { resolve } from 'node:path';
import type { Dialect } from '../migration.js';

const KINDS: Readonly<Record<string, Dialect>> = {
  postgres: 'postgres',
  postgresql: 'postgres',
  mysql: 'mysql',
  mysql2: 'mysql',
  mariadb: 'mysql',
  sqlite: 'sqlite',
  sqlite3: 'sqlite',
  file: 'sqlite',
};

/** The kind of database that a URL names; undefined for one that ship does not know. */
export function dialectOf(url: string): Dialect | undefined {
  const kind = /^([a-z0-9+]+):/i.exec(url)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
}

/** For messages: who and where, and nothing that opens it. */
export function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return 'the database';
  const { protocol, username, host, pathname } = new URL(url);
  if (dialectOf(url) === 'sqlite') return url.replace(/\?.*$/s, '');
  return `${protocol}//${username === '' ? '' : `${username}@`}${host}${pathname}`;
}

/**
 * The file of a URL of SQLite. What tools read in different ways is refused: ship would look at one file, and the tool write
 * to another. `base`: where relative paths begin.
 */
export function sqliteFileOf(url: string, base: string): string {
  const [, kind = '', path = ''] = /^([a-z0-9+]+):([^?#]*)/i.exec(url) ?? [];
  if (path === '' || path.includes(':memory:')) throw new Error('it names no file, so that nothing would be kept');
  if (path.includes('%')) throw new Error('tools do not agree on what % means in the name of a file');
  const isFileUrl = kind.toLowerCase() === 'file' && /^\/\/\/[^/]/.test(path);
  if (!path.startsWith('//') || isFileUrl || path.startsWith('////')) return resolve(base, path.replace(/^\/+/, '/'));
  throw new Error(`tools do not agree on where ${kind}:// begins: write ${kind}:PATH, and ${kind}://// before an absolute path`);
}
