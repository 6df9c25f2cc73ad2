import { isDict, type Path } from './paths.js';
import { isSecretKey, secretKind } from './secrets.js';
import type { Source } from './source.js';

/** A value as an error shows it: short, and never a secret. */
export function showValue(source: Source, path: Path, value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (isDict(value)) return Object.keys(value).length === 0 ? 'an empty map' : 'a map';
  if (typeof value === 'string') return hides(path, value) ? 'a hidden value' : showText(value);
  return (source.written(path) ?? String(value)).slice(0, 40);
}

/** Text in quotes, with what cannot be seen made visible, and cut where it is long. */
export function showText(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

function hides(path: Path, value: string): boolean {
  const key = path.findLast((part) => typeof part === 'string');
  return (key !== undefined && isSecretKey(key)) || secretKind(value) !== undefined;
}

/** What kind of thing a value is, in words. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return typeof value === 'string' ? 'text' : `a ${typeof value}`;
}
