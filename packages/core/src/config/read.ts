import { readFileSync, statSync } from 'node:fs';
import { basename, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errors } from '../errors/catalogue.js';
import { isShipError } from '../errors/ship-error.js';
import { Diagnostics } from './diagnostics.js';
import { PACKAGE_KEY } from './find.js';
import { formatPath, isDict, type Path } from './paths.js';
import { DEPTH_LIMIT, forbiddenKey, type Parsed, parseText } from './yaml.js';

/** The largest file that is read. */
const MOST_BYTES = 1024 * 1024;

const MODULES = ['.ts', '.mts', '.mjs', '.js'];

/** Reads a config file of any kind. */
export async function readConfig(file: string, cwd: string): Promise<Parsed> {
  const short = relative(cwd, file);
  const shown = short === '' || short.startsWith('..') ? file : short;
  if (MODULES.some((ending) => file.endsWith(ending))) return readModule(file, shown);
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
