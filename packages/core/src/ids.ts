import { createHash, randomBytes, randomInt } from 'node:crypto';

/** A timestamp for file names: ISO 8601 UTC, `-` for `:`. */
export function fileTimestamp(date: Date = new Date()): string {
  return date.toISOString().replaceAll(':', '-');
}

/**
 * The id of a run or a snapshot: when, which in order, and a word of its own, as `2026-01-15T10-30-00.123Z-42-x7k2p9`.
 * The time is for people: a clock may be set back, or differ from that of another machine. The number orders.
 */
export const orderedId = (order: number, date?: Date): string => `${fileTimestamp(date)}-${order}-${randomWord()}`;

const ORDER = /Z-(\d+)-[a-z0-9]+$/;

/** Which in order it is, by its id; 0 for ids of earlier versions, which have a time alone. */
export const orderOf = (id: string): number => Number(ORDER.exec(id)?.[1] ?? 0);

/** Sorts ids, oldest first. Those that have a time alone come before all others. */
export function byOrder(one: string, other: string): number {
  return orderOf(one) - orderOf(other) || (one < other ? -1 : one > other ? 1 : 0);
}

/** The SHA-256 of a text or of bytes, in hexadecimal. */
export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** A name that nobody else will think of. */
export const randomName = (): string => randomBytes(6).toString('hex');

/** The name of a file while it is being written. */
export const temporaryName = (path: string): string => `${path}.${randomName()}.tmp`;

const TEMPORARY = /\.[0-9a-f]{12}\.tmp$/;

/** Whether a path is such a name; others that end in `.tmp` are somebody's own, as that of an environment may. */
export const isTemporary = (path: string): boolean => path.endsWith('.tmp') && TEMPORARY.test(path);

/** Six letters and digits. */
const randomWord = (): string =>
  randomInt(36 ** 6)
    .toString(36)
    .padStart(6, '0');
