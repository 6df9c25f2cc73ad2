/** A timestamp for file names: ISO 8601 UTC, `-` for `:`. */
export function fileTimestamp(date: Date = new Date()): string {
  return date.toISOString().replaceAll(':', '-');
}

/** Sorts by time, and is unique within a millisecond and a fleet: `2026-01-15T10-30-00.123Z-x7k2p9qd`. */
export function uniqueId(date: Date = new Date()): string {
  return `${fileTimestamp(date)}-${randomWord(36, 8)}`;
}

/** The part of a temporary name that nobody else will think of. */
export const randomName = (): string => randomWord(16, 12);

/**
 * Digits that are likely to be new, not hard to guess: nothing secret hangs on a name. Every process of Node is seeded by
 * the system; its `crypto`, which could do better, takes a while to load.
 */
function randomWord(base: number, length: number): string {
  return Math.floor(Math.random() * base ** length)
    .toString(base)
    .padStart(length, '0');
}
