import { createHash, randomInt } from 'node:crypto';

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

/** Six letters and digits. */
const randomWord = (): string =>
  randomInt(36 ** 6)
    .toString(36)
    .padStart(6, '0');
