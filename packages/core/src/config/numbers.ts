import { errors } from '../errors/catalogue.js';
import type { Mistakes } from './mistakes.js';
import { formatPath } from './paths.js';
import { showValue } from './show.js';
import type { Source } from './source.js';
import { eachLeaf } from './walk.js';

/** Keys that hold text which often looks like a number. */
const TEXT_KEYS = new Set(['version', 'tag', 'sha', 'git_sha', 'commit']);

/** Adds mistakes for numbers that are none, that lose digits, or that were meant as text, wherever they stand. */
export function checkNumbers(source: Source, mistakes: Mistakes): void {
  eachLeaf(source.value, (value, trail) => {
    if (typeof value !== 'number') return;
    const path = [...trail];
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
