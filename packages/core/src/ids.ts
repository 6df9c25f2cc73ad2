import { createHash, randomBytes, randomInt } from 'node:crypto';

/** A timestamp for file names: ISO 8601 UTC, `-` for `:`. */
export function fileTimestamp(date: Date = new Date()): string {
  return date.toISOString().replaceAll(':', '-');
}

let last = { timestamp: '', count: 0 };

/**
 * Sorts by time, and is unique within a millisecond and a fleet: `2026-01-15T10-30-00.123Z-00x7k2p9`. The ids that one
 * process makes only grow: the first two letters of the ending count, and a clock that was set back is not followed.
 */
export function uniqueId(date?: Date): string {
  const now = fileTimestamp(date);
  const timestamp = date === undefined && now < last.timestamp ? last.timestamp : now;
  last = { timestamp, count: timestamp === last.timestamp ? last.count + 1 : 0 };
  return `${timestamp}-${last.count.toString(36).padStart(2, '0')}${randomWord()}`;
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
