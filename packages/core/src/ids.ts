import { randomBytes } from 'node:crypto';

/** A timestamp for file names: ISO 8601 UTC, `-` for `:`. */
export function fileTimestamp(date: Date = new Date()): string {
  return date.toISOString().replaceAll(':', '-');
}

/** Sorts by time, and is unique within a millisecond and a fleet: `2026-01-15T10-30-00.123Z-x7k2p9qd`. */
export function uniqueId(date: Date = new Date()): string {
  const random = BigInt(`0x${randomBytes(8).toString('hex')}`)
    .toString(36)
    .slice(-8)
    .padStart(8, '0');
  return `${fileTimestamp(date)}-${random}`;
}
