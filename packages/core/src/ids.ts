import { isoTime } from './iso-time.js';

/** A timestamp for file names: ISO 8601 UTC, `-` for `:`. */
export function fileTimestamp(date: Date = new Date()): string {
  return isoTime(date).replaceAll(':', '-');
}

/** Sorts by time, and is unique within a millisecond and a fleet: `2026-01-15T10-30-00.123Z-x7k2p9qd`. */
export function uniqueId(date: Date = new Date()): string {
  return `${fileTimestamp(date)}-${randomWord(36, 8)}`;
}

/** A name that nobody else will think of. */
export const randomName = (): string => randomWord(16, 12);

/** The name of a file while it is being written. */
export const temporaryName = (path: string): string => `${path}.${randomName()}.tmp`;

const TEMPORARY = /\.[0-9a-f]{12}\.tmp$/;

/** Whether a path is such a name; others that end in `.tmp` are somebody's own, as that of an environment may. */
export const isTemporary = (path: string): boolean => path.endsWith('.tmp') && TEMPORARY.test(path);

/**
 * Digits that are likely to be new, not hard to guess: nothing secret hangs on a name. Every process of Node is seeded by
 * the system; its `crypto`, which could do better, takes a while to load.
 */
function randomWord(base: number, length: number): string {
  return Math.floor(Math.random() * base ** length)
    .toString(base)
    .padStart(length, '0');
}
