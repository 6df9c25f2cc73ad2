import { errors } from '../errors/catalogue.js';
import type { Mistakes } from './mistakes.js';
import { formatPath, isDict, type Path } from './paths.js';
import { showValue } from './show.js';
import type { Source } from './source.js';

/** Keys that hold text which often looks like a number. */
const TEXT_KEYS = new Set(['version', 'tag', 'sha', 'git_sha', 'commit']);

/** Adds mistakes for numbers that are none, that lose digits, or that were meant as text, wherever they stand. */
export function checkNumbers(source: Source, mistakes: Mistakes): void {
  eachNumber(source.value, [], (value, path) => {
    if (mistakes.isBroken(path) || path.join() === 'version') return;
    const meant = TEXT_KEYS.has(String(path.at(-1)));
    if (Number.isFinite(value) && !losesDigits(value) && !meant) return;
    const details = { path: formatPath(path), value: showValue(source, path, value) };
    const extras = { at: source.position(path) };
    if (!Number.isFinite(value)) mistakes.add(errors.SHIP_CONFIG_NUMBER({ ...details, expected: 'a finite number' }, extras), path);
    else mistakes.add(errors.SHIP_CONFIG_UNQUOTED({ ...details, read: `the number ${value}` }, extras), path);
  });
}

function losesDigits(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}

function eachNumber(value: unknown, path: Path, visit: (value: number, path: Path) => void): void {
  if (typeof value === 'number') visit(value, path);
  else if (Array.isArray(value)) value.forEach((item, index) => void eachNumber(item, [...path, index], visit));
  else if (isDict(value)) for (const [key, item] of Object.entries(value)) eachNumber(item, [...path, key], visit);
}
