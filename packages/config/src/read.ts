import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isShipError } from '@ship/core';
import { Diagnostics, type Path } from '@ship/core/kernel';
import { errors } from './errors.js';
import { checkOrigin, isForeign, isTrusted, type Origin } from './trust.js';
import { formatPath, isDict } from './values.js';
import type { Variables } from './variables.js';
import { DEPTH_LIMIT, forbiddenKey, type Parsed, parseText } from './yaml.js';

/** Where a config may be, in each folder; the first one found wins. */
export const PLACES = [
  'ship.yaml',
  'ship.yml',
  'ship.json',
  'ship.ts',
  'ship.mjs',
  '.shiprc',
  '.shiprc.yaml',
  '.shiprc.yml',
  '.shiprc.json',
  '.speckit/ship.yaml',
  'package.json',
] as const;

/** The key of package.json that may hold a config. */
const PACKAGE_KEY = 'ship';

/** Where a config is looked for. */
interface Search {
  readonly cwd: string;
  readonly file?: string | undefined;
  readonly env: Variables;
}

/** The absolute path of the config: the file that was named, or the first one found from `cwd` upwards. Nobody else may have written it. */
export function findConfig({ cwd, file, env }: Search): string {
  const from = resolve(cwd);
  const found = file === undefined ? searchConfig(from, env) : namedConfig(resolve(cwd, file), file);
  checkOrigin({ file: found, from, searched: file === undefined, env });
  return found;
}

function searchConfig(from: string, env: Variables): string {
  const holdsConfig = (path: string) => isConfig({ file: path, from, searched: true, env });
  for (const folder of folders(from)) {
    const found = PLACES.map((place) => join(folder, place)).find(holdsConfig);
    if (found !== undefined) return found;
  }
  throw errors.SHIP_CONFIG_NOT_FOUND({ cwd: from });
}

function namedConfig(path: string, shown: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw errors.SHIP_CONFIG_NOT_FOUND({ file: shown, cwd: dirname(path) });
  if (stats.isDirectory()) throw errors.SHIP_CONFIG_UNREADABLE({ file: shown, reason: 'it is a folder' });
  return path;
}

/** Up to the home folder, or to the root where the folder is not in it. */
function* folders(from: string): Generator<string> {
  const home = homedir();
  for (let folder = from; ; folder = dirname(folder)) {
    yield folder;
    if (folder === home || folder === dirname(folder)) return;
  }
}

/** An empty ship.yaml counts, too: it is a mistake to report, not a reason to look further. */
function isConfig(origin: Origin): boolean {
  try {
    return statSync(origin.file).isFile() && (basename(origin.file) !== 'package.json' || hasPackageKey(origin));
  } catch {
    // It is not there, or in a folder that nobody may look into.
    return false;
  }
}

/** A package.json that seems to hold a config counts where it is not JSON, so that its mistake is reported, and where it may not be parsed. */
function hasPackageKey(origin: Origin): boolean {
  const content = readFileSync(origin.file, 'utf8');
  if (!content.includes(`"${PACKAGE_KEY}"`)) return false;
  if (isForeign(origin)) return true;
  try {
    const value: unknown = JSON.parse(content);
    return isDict(value) && PACKAGE_KEY in value;
  } catch {
    return true;
  }
}

/**
 * Throws where others may read or write the state folder, or own it. A folder that does not exist yet is fine,
 * and so is every folder on Windows, which has no such modes.
 */
export function checkStateFolder(dir: string, env: Variables): void {
  if (process.platform === 'win32') return;
  const stats = lstatSync(dir, { throwIfNoEntry: false });
  if (stats === undefined) return;
  const quoted = `'${dir.replaceAll("'", "'\\''")}'`;
  const refuse = (reason: string, command: string) => errors.SHIP_STATE_FOLDER_OPEN({ dir, reason, command });
  if (!stats.isDirectory()) throw refuse('is not a folder', `ls -ld ${quoted}`);
  if (stats.uid !== process.getuid?.() && !isTrusted(dir, env))
    throw refuse('belongs to another user', `sudo chown -R "$(id -u)" ${quoted}`);
  if ((stats.mode & 0o077) !== 0 && !holdsConfigAlone(dir))
    throw refuse(`can be used by others (mode ${(stats.mode & 0o777).toString(8).padStart(4, '0')})`, `chmod -R go= ${quoted}`);
}

/** What of a state folder may be in the repository, and so in a fresh clone, whose folders are as open as its user lets them be. */
const COMMITTED: readonly string[] = ['ship.yaml', '.gitignore'];

const holdsConfigAlone = (dir: string): boolean => {
  const names = readdirSync(dir);
  return names.includes('ship.yaml') && names.every((name) => COMMITTED.includes(name));
};

/** The largest file that is read. */
const MOST_BYTES = 1024 * 1024;

const MODULES = ['.ts', '.mts', '.mjs', '.js'];

/** Is the config in a file a program? To read it is to execute it. */
export const isModule = (file: string): boolean => MODULES.some((ending) => file.endsWith(ending));

/** Reads a config file of any kind. */
export async function readConfig(file: string, cwd: string): Promise<Parsed> {
  const short = relative(cwd, file);
  const shown = short === '' || short.startsWith('..') ? file : short;
  if (isModule(file)) return readModule(file, shown);
  return parseText({ file, shown, text: readText(file, shown), root: basename(file) === 'package.json' ? [PACKAGE_KEY] : [] });
}

function readText(file: string, shown: string): string {
  try {
    const { size } = statSync(file);
    if (size > MOST_BYTES) throw errors.SHIP_CONFIG_TOO_LARGE({ file: shown, bytes: size, limit: MOST_BYTES });
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    if (isShipError(error)) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not UTF-8 text' : `${code}`;
    throw errors.SHIP_CONFIG_UNREADABLE({ file: shown, reason }, { cause: error });
  }
}

/** How a module is loaded; Node's own `import` unless a test says otherwise. */
export type Importer = (url: string) => Promise<{ readonly default?: unknown }>;

const nativeImport: Importer = (url) => import(/* @vite-ignore */ url);

/** Reads a config that is a module: its default export, which must be plain data. All of it stands in its first line. */
export async function readModule(file: string, shown: string, load: Importer = nativeImport): Promise<Parsed> {
  const exported = await loadDefault(file, shown, load);
  const problem = plainProblem(exported);
  if (problem !== undefined) throw errors.SHIP_CONFIG_MODULE_FAILED({ file: shown, reason: problem });
  const start = Object.freeze({ file: shown, line: 1, column: 1 });
  const source = { file, shown, value: toPlain(exported), position: () => start, written: () => undefined };
  return { source, diagnostics: new Diagnostics(shown) };
}

async function loadDefault(file: string, shown: string, load: Importer): Promise<unknown> {
  try {
    return await (await load(pathToFileURL(file).href)).default;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException | undefined)?.code === 'ERR_UNKNOWN_FILE_EXTENSION')
      throw errors.SHIP_CONFIG_TYPESCRIPT({ file: shown, node: process.versions.node }, { cause });
    const reason = cause instanceof Error ? cause.message.split('\n')[0]! : 'it threw something that is not an error';
    throw errors.SHIP_CONFIG_MODULE_FAILED({ file: shown, reason }, { cause });
  }
}

/** Why a value of a module is not plain data of maps, lists, texts, numbers and booleans; undefined where it is. */
function plainProblem(value: unknown, path: Path = []): string | undefined {
  const here = path.length === 0 ? 'its default export' : formatPath(path);
  if (path.length > DEPTH_LIMIT) return `it is nested more than ${DEPTH_LIMIT} levels deep, or contains itself`;
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return undefined;
  if (typeof value !== 'object') return `${here} is ${value === undefined ? 'undefined' : `a ${typeof value}`}`;
  const isList = Array.isArray(value);
  if (!isList && !isPlainObject(value)) return `${here} is an instance of a class`;
  for (const [key, item] of Object.entries(value)) {
    // A key without a value is as good as none.
    if (item === undefined) continue;
    const forbidden = forbiddenKey(key);
    const problem = forbidden ? `a key of ${formatPath(path)} ${forbidden}` : plainProblem(item, [...path, isList ? Number(key) : key]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

/** A copy of plain data, without keys that have no value. */
function toPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toPlain);
  if (!isDict(value)) return value;
  const kept = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(kept.map(([key, item]) => [key, toPlain(item)]));
}
