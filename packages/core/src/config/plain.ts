import { DEPTH_LIMIT } from './depth.js';
import { forbiddenKey } from './keys.js';
import { formatPath, type Path } from './paths.js';

/** Why a value of a module is not plain data of maps, lists, texts, numbers and booleans; undefined where it is. */
export function plainProblem(value: unknown, path: Path = []): string | undefined {
  const here = path.length === 0 ? 'its default export' : formatPath(path);
  if (path.length > DEPTH_LIMIT) return `it is nested more than ${DEPTH_LIMIT} levels deep, or contains itself`;
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return undefined;
  if (typeof value !== 'object') return `${here} is ${value === undefined ? 'undefined' : `a ${typeof value}`}`;
  if (Array.isArray(value)) return firstProblem(value.entries(), path);
  if (!isPlainObject(value)) return `${here} is an instance of a class`;
  return firstProblem(Object.entries(value), path);
}

function firstProblem(entries: Iterable<[string | number, unknown]>, path: Path): string | undefined {
  for (const [key, value] of entries) {
    const forbidden = forbiddenKey(String(key));
    const problem = forbidden ? `a key of ${formatPath(path)} ${forbidden}` : plainProblem(value, [...path, key]);
    // A key without a value is as good as none.
    if (problem !== undefined && value !== undefined) return problem;
  }
  return undefined;
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

/** A copy of plain data, without keys that have no value. */
export function toPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(kept.map(([key, item]) => [key, toPlain(item)]));
}
