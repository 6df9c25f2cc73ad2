import { isDict, type Path } from './paths.js';

type Trail = (string | number)[];

// By index, here and below: an iterator, and what it gives for each item, is more than most items are.

/** Calls back for everything that is neither a list nor a map. The path is one and the same list for all: who keeps it copies it. */
export function eachLeaf(value: unknown, visit: (leaf: unknown, path: Path) => void, trail: Trail = []): void {
  if (typeof value !== 'object' || value === null) {
    visit(value, trail);
    return;
  }
  const keys = Array.isArray(value) ? undefined : Object.keys(value);
  const items = keys === undefined ? (value as unknown[]) : Object.values(value);
  for (let index = 0; index < items.length; index++) {
    trail.push(keys === undefined ? index : keys[index]!);
    eachLeaf(items[index], visit, trail);
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
  const keys = Object.keys(value);
  let copy: Record<string, unknown> | undefined;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!;
    const item = (value as Record<string, unknown>)[key];
    trail.push(isList ? index : key);
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
  if (Array.isArray(value)) value.forEach(deepFreeze);
  else for (const key in value) deepFreeze(value[key]);
  return Object.freeze(value);
}
