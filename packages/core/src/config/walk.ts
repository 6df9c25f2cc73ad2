import { isDict, type Path } from './paths.js';

type Trail = (string | number)[];

/** Calls back for everything that is neither a list nor a map. The path is one and the same list for all: who keeps it copies it. */
export function eachLeaf(value: unknown, visit: (leaf: unknown, path: Path) => void, trail: Trail = []): void {
  if (typeof value !== 'object' || value === null) {
    visit(value, trail);
    return;
  }
  const isList = Array.isArray(value);
  for (const key of Object.keys(value)) {
    trail.push(isList ? Number(key) : key);
    eachLeaf((value as Record<string, unknown>)[key], visit, trail);
    trail.pop();
  }
}

/** Calls back for every text in a value, as {@link eachLeaf} does. */
export function eachText(value: unknown, visit: (text: string, path: Path) => void): void {
  eachLeaf(value, (leaf, path) => {
    if (typeof leaf === 'string') visit(leaf, path);
  });
}

/** The value with every text replaced: a copy, as far as anything is another. The path is as in {@link eachLeaf}. */
export function mapTexts(value: unknown, replace: (text: string, path: Path) => string, trail: Trail = []): unknown {
  if (typeof value === 'string') return replace(value, trail);
  const isList = Array.isArray(value);
  if (!isList && !isDict(value)) return value;
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key];
    trail.push(isList ? Number(key) : key);
    const mapped = mapTexts(item, replace, trail);
    trail.pop();
    if (mapped === item) continue;
    copy ??= (isList ? [...value] : { ...value }) as Record<string, unknown>;
    copy[key] = mapped;
  }
  return copy ?? value;
}

/** Freezes a value and everything in it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const item of Object.values(value)) deepFreeze(item);
  return Object.freeze(value);
}
