import type { Path } from '@ship/core/kernel';

/** A map of the config: any object that is not a list. */
export type Dict = Record<string, unknown>;

/** Distinguishes a map from a list, a scalar and nothing. */
export function isDict(value: unknown): value is Dict {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value where it is a map. Anything else is a mistake that the schema has reported, and counts as an empty one. */
export const dictOf = (value: unknown): Dict => (isDict(value) ? value : {});

/** The same for lists. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Whether there is something of its own at a path. */
export function hasAt(root: unknown, path: Path): boolean {
  const parent = getAt(root, path.slice(0, -1));
  return path.length === 0 || (typeof parent === 'object' && parent !== null && Object.hasOwn(parent, path.at(-1) as string));
}

/** A path as people read it: `steps[2].retry.times`. */
export function formatPath(path: Path): string {
  const parts = path.map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${plainKey(key)}`));
  return parts.join('') || 'The config';
}

function plainKey(key: string): string {
  return /^[\w$<@./~:-]{1,80}$/.test(key) ? key : JSON.stringify(key.slice(0, 80));
}

/** Calls back for everything that is neither a list nor a map. */
export function eachLeaf(value: unknown, visit: (leaf: unknown, path: Path) => void, path: Path = []): void {
  if (Array.isArray(value)) value.forEach((item, index) => void eachLeaf(item, visit, [...path, index]));
  else if (isDict(value)) for (const [key, item] of Object.entries(value)) eachLeaf(item, visit, [...path, key]);
  else visit(value, path);
}

/** Calls back for every text in a value. */
export function eachText(value: unknown, visit: (text: string, path: Path) => void): void {
  eachLeaf(value, (leaf, path) => {
    if (typeof leaf === 'string') visit(leaf, path);
  });
}

/** A copy of the value with every text replaced. */
export function mapTexts(value: unknown, replace: (text: string, path: Path) => string, path: Path = []): unknown {
  if (typeof value === 'string') return replace(value, path);
  if (Array.isArray(value)) return value.map((item, index) => mapTexts(item, replace, [...path, index]));
  if (!isDict(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, replace, [...path, key])]));
}

/** Freezes a value and everything in it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const item of Object.values(value)) deepFreeze(item);
  return Object.freeze(value);
}

/** The own value at a path, or undefined. */
export function getAt(root: unknown, path: Path): unknown {
  let value: unknown = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Dict)[key];
  }
  return value;
}
