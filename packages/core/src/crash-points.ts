// Imports nothing but Node, so that every part of the kernel may use it.

/** The moments at which a test may have the process killed, in the order in which a run passes them. */
export const CRASH_POINTS = [
  'run-started',
  'captured',
  'intended',
  'spawned',
  'acted',
  'step-finished',
  'journal-write',
  'journal-written',
  'journal-synced',
  'rollback-started',
  'undo-intended',
  'restored',
  'remove-intended',
  'removed',
  'undone',
  'rollback-finished',
  'run-finished',
] as const;

/** One of {@link CRASH_POINTS}. */
export type CrashPoint = (typeof CRASH_POINTS)[number];

const [armed, nth = '1'] = process.env.SHIP_CRASH_AT?.split(':') ?? [];
let left = Number(nth);

/**
 * For tests of durability: `SHIP_CRASH_AT=acted:2` ends this very process with SIGKILL when it passes that
 * point for the second time, exactly as a crash would.
 */
export function crashPoint(point: CrashPoint): void {
  if (point !== armed) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
}
