import { randomBytes } from 'node:crypto';

/** Folders of releases that are still being copied begin with this. */
export const PARTIAL = '.partial-';

const STAMP = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-.*$/;
const PATTERN = /^\d{8}T\d{9}Z-[0-9a-f]{8}$/;

/** An id that sorts behind those before it, such as `20240131T101500123Z-9f86d081`. A clock that was set back is not followed. */
export function newReleaseId(newest = '', now = Date.now()): string {
  const after = newest === '' ? 0 : Date.parse(newest.replace(STAMP, '$1-$2-$3T$4:$5:$6.$7Z')) + 1;
  const stamp = new Date(Math.max(now, after)).toISOString().replace(/[-:.]/g, '');
  return `${stamp}-${randomBytes(4).toString('hex')}`;
}

/** Is this the name of a release, so that nothing else is ever taken for one and removed? */
export function isReleaseId(name: string): boolean {
  return PATTERN.test(name);
}
