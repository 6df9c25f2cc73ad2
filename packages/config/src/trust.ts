import { lstatSync, mkdirSync, readFileSync, readlinkSync, realpathSync, type Stats } from 'node:fs';
import { homedir } from 'node:os';
import { basename, delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { type Position, replaceFile } from '@ship/core';
import { errors } from './errors.js';
import { projectFolder } from './values.js';
import type { Variables } from './variables.js';

/** A file of code or config that is about to be read. */
export interface Origin {
  readonly file: string;
  /** Where it was looked for, or what names it: the folders between are checked, too. */
  readonly from: string;
  /** Somebody looked for it in each folder from there on upwards. */
  readonly searched?: boolean;
  /** `SHIP_TRUST`, `SUDO_UID` and `XDG_CONFIG_HOME` of it decide whom to trust. */
  readonly env: Variables;
  /** Where the config names it. */
  readonly at?: Position | undefined;
}

/**
 * Throws SHIP_CONFIG_FOREIGN where somebody else could have written a file that is about to be parsed or executed: it, or
 * a folder that leads to it, belongs to another user who is not root, or can be written by others. What was trusted by
 * `ship trust` or SHIP_TRUST passes. Windows has no such owners and modes.
 */
export function checkOrigin(origin: Origin): void {
  if (process.platform === 'win32') return;
  const { file, env, at } = origin;
  const real = realOf(file);
  const paths = [...foldersTo(origin), file, ...(real === file ? [] : [dirname(real)])].flatMap(linksOf);
  for (const path of paths) {
    const reason = objection(path, env);
    if (reason === undefined || isTrusted(path, env)) continue;
    throw errors.SHIP_CONFIG_FOREIGN({ file, path, reason, command: `ship trust ${quoted(path)}` }, { at });
  }
}

/** Whether the config in a file would be refused. */
export function isForeign(origin: Origin): boolean {
  try {
    checkOrigin(origin);
    return false;
  } catch {
    return true;
  }
}

/** The folders that lead to a file, the outermost first: what they have in common with `from` leads to both. */
function foldersTo({ file, from, searched = false }: Origin): string[] {
  const beside = upwards(dirname(file)).filter((folder) => !isIn(from, folder));
  const between = searched ? upwards(from).filter((folder) => isIn(folder, projectFolder(file))) : [];
  return [...new Set([dirname(file), ...beside, ...between])].sort((one, other) => one.length - other.length);
}

function upwards(from: string): string[] {
  const parent = dirname(from);
  return parent === from ? [from] : [from, ...upwards(parent)];
}

const isIn = (path: string, folder: string): boolean => path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);

const MOST_LINKS = 40;

/** A path and, where it is a link, all that it leads to: whoever owns one of these decides what is read. */
function linksOf(path: string): string[] {
  const found = [path];
  for (let here = path; found.length < MOST_LINKS && statsOf(here)?.isSymbolicLink(); ) {
    here = resolve(dirname(here), readlinkSync(here));
    found.push(here);
  }
  return found;
}

/** What is not there, or cannot be looked at, is not read either. */
function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

/** Why a path is not trusted by itself. */
function objection(path: string, env: Variables): string | undefined {
  const stats = statsOf(path);
  if (stats === undefined) return undefined;
  if (!ownersOf(env).has(stats.uid)) return `belongs to ${ownerOf(stats.uid)}`;
  if (stats.isSymbolicLink() || !othersMayWrite(stats, env) || isClosed(dirname(path), env)) return undefined;
  return `can be written by others (mode ${(stats.mode & 0o7777).toString(8).padStart(4, '0')})`;
}

/** The user, root, and whoever became root by `sudo`: git trusts these, too. */
function ownersOf({ SUDO_UID = '' }: Variables): ReadonlySet<number> {
  const user = process.geteuid!();
  return new Set([user, 0, ...(user === 0 && /^\d+$/.test(SUDO_UID) ? [Number(SUDO_UID)] : [])]);
}

/** In a sticky folder, such as /tmp, others may add files, and replace none. */
function othersMayWrite({ mode, gid, ...stats }: Stats, env: Variables): boolean {
  const isSticky = (mode & 0o1000) !== 0 && (mode & 0o170000) === 0o040000;
  if (isSticky) return false;
  return (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && !isPrivate(gid, stats.uid, env));
}

const NOBODYS = { mode: 0o777, uid: -1, gid: -1 };

/** Nobody else gets to what lies below a folder that only its owner may enter, whatever its mode is. */
function isClosed(folder: string, env: Variables): boolean {
  return upwards(realOf(folder)).some((each) => {
    const { mode, gid, uid } = statsOf(each) ?? NOBODYS;
    if (!ownersOf(env).has(uid)) return false;
    return (mode & 0o001) === 0 && ((mode & 0o010) === 0 || isPrivate(gid, uid, env));
  });
}

/** Is nobody in a group but the user? Many systems give each user one, and make what they write writable by it. */
function isPrivate(gid: number, uid: number, env: Variables): boolean {
  if (gid === 0) return true;
  const known = [...ownersOf(env)];
  const users = table('/etc/passwd').map(([name, , id, group]) => ({ name, id: Number(id), group: Number(group) }));
  const isKnown = (name: string) => users.some((user) => user.name === name && known.includes(user.id));
  const group = table('/etc/group').find(([, , id]) => Number(id) === gid);
  const members = (group?.[3] ?? '').split(',').filter(Boolean);
  const primary = users.filter((user) => user.group === gid).map(({ name }) => name!);
  return (group !== undefined || gid === uid) && [...members, ...primary].every(isKnown);
}

/** The lines of a file such as /etc/passwd. */
function table(file: string): string[][] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
  } catch {
    return [];
  }
}

function ownerOf(uid: number): string {
  const name = table('/etc/passwd').find(([, , id]) => id === String(uid))?.[0];
  return name === undefined ? `uid ${uid}` : `${name} (uid ${uid})`;
}

const quoted = (path: string): string => (/^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);

/** As it is without links. What is not there keeps its name. */
function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Is a path, or a folder that holds it, one that the user trusts? */
export function isTrusted(path: string, env: Variables): boolean {
  const given = (env.SHIP_TRUST ?? '').split(delimiter).filter((each) => each === '*' || isAbsolute(each));
  if (given.includes('*')) return true;
  const real = join(realOf(dirname(path)), basename(path));
  return [...given.map(realOf), ...trustedPaths(env)].some((trusted) => isIn(real, trusted));
}

/** The user's own list, `~/.config/ship/trusted`. */
function trustedFile({ XDG_CONFIG_HOME }: Variables): string {
  return join(XDG_CONFIG_HOME && isAbsolute(XDG_CONFIG_HOME) ? XDG_CONFIG_HOME : join(homedir(), '.config'), 'ship', 'trusted');
}

/** What the user trusts, without what SHIP_TRUST adds. A list that somebody else may have written says nothing. */
export function trustedPaths(env: Variables): string[] {
  const file = trustedFile(env);
  if ([dirname(file), file].flatMap(linksOf).some((path) => objection(path, env) !== undefined)) return [];
  return table(file)
    .map((fields) => fields.join(':'))
    .filter(isAbsolute);
}

/** Writes a new list, and answers where it is. */
export function writeTrusted(paths: readonly string[], env: Variables): string {
  const file = trustedFile(env);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  replaceFile(file, Buffer.from(paths.map((path) => `${path}\n`).join('')));
  return file;
}
