import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The slot that a flag gives traffic to; without any flag the other one has it all. */
export const FLAGGED = 'green';
/** The slot that has what no flag takes from it. */
export const UNFLAGGED = 'blue';
/** Requests fall into so many equal buckets; a flag each. */
const BUCKETS = ['a', 'b', 'c', 'd'] as const;
const BUCKET_SHARE = 100 / BUCKETS.length;

const all = (folder: string): string => join(folder, FLAGGED);
const one = (folder: string, bucket: string): string => join(folder, `${FLAGGED}-${bucket}`);

/** The percent of requests that go to the flagged slot. */
export function readShare(folder: string): number {
  if (!existsSync(folder)) return 0;
  if (existsSync(all(folder))) return 100;
  return BUCKETS.filter((bucket) => existsSync(one(folder, bucket))).length * BUCKET_SHARE;
}

/** Can a share be expressed by flags? */
export const isShare = (share: number): boolean => share % BUCKET_SHARE === 0;

/** Puts flags so that this percent goes to the flagged slot. Each is one file, so nginx sees it from one request to the next. */
export function writeShare(folder: string, share: number): void {
  // nginx looks at it as another user, and never writes.
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const flagged = BUCKETS.slice(0, share / BUCKET_SHARE);
  if (share === 100) writeFileSync(all(folder), '', { mode: 0o644 });
  for (const bucket of share === 100 ? [] : flagged) writeFileSync(one(folder, bucket), '', { mode: 0o644 });
  const kept: readonly string[] = share === 100 ? [FLAGGED] : flagged.map((bucket) => `${FLAGGED}-${bucket}`);
  // The flag for all goes last: what it covered is covered by the others by then.
  const stale = readdirSync(folder).filter((name) => name.startsWith(FLAGGED) && !kept.includes(name));
  for (const name of stale.sort().reverse()) rmSync(join(folder, name), { force: true });
}
