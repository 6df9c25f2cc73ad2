import { randomBytes } from 'node:crypto';

const PATTERN = /^\d{8}T\d{9}Z-[0-9a-f]{8}$/;

/** An id that sorts by time, such as `20240131T101500123Z-9f86d081`. */
export function newReleaseId(now = new Date()): string {
  return `${now.toISOString().replace(/[-:.]/g, '')}-${randomBytes(4).toString('hex')}`;
}

/** Is this the name of a release, so that nothing else is ever taken for one and removed? */
export function isReleaseId(name: string): boolean {
  return PATTERN.test(name);
}
