import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { endGroup } from '@ship/core/process';
import { SpawnerGone } from './spawner.js';
import type { EndedBy, Ending, ExecuteOptions, Started } from './types.js';

const GRACE_MS = 5_000;
const COLLECT_MS = 1_000;
/** A longer timer would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How it went. `by` says that we ended it, `reason` why. */
export interface Supervised {
  readonly ending: Ending;
  readonly by?: EndedBy;
  readonly reason?: unknown;
  readonly survived: boolean;
}

/** The part of a supervision that others may use while it lasts. */
export interface Supervision {
  readonly done: Promise<Supervised>;
  abort(reason: unknown): void;
}

/** Waits for a process, and ends its whole group at its deadline or when it is aborted. */
export function supervise(child: Started, options: ExecuteOptions): Supervision {
  const { promise: done, resolve, reject } = deferred<Supervised>();
  const { signal, timeoutMs } = options;
  let ending: Ending | undefined;
  let by: EndedBy | undefined;
  let deadline: NodeJS.Timeout | undefined;
  const onAbort = () => end('aborted', signal?.reason);
  const release = () => {
    clearTimeout(deadline);
    signal?.removeEventListener('abort', onAbort);
  };
  const end = (why: EndedBy, reason?: unknown) => {
    if (by !== undefined || ending !== undefined) return;
    by = why;
    release();
    ended(child, options.killGraceMs ?? GRACE_MS, () => ending).then((how) => resolve({ ...how, by: why, reason }), reject);
  };
  child.ended.then(
    (how) => {
      ending = how;
      release();
      if (by === undefined) resolve({ ending, survived: false });
    },
    (error) => {
      if (error instanceof SpawnerGone) return end('lost');
      release();
      if (by === undefined) reject(error);
    },
  );
  if (timeoutMs !== undefined) deadline = setTimeout(end, Math.min(timeoutMs, LONGEST_TIMER_MS), 'timeout');
  if (signal !== undefined) {
    // Steps that run side by side share a signal; many listeners are no leak.
    setMaxListeners(0, signal);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
  }
  return { done, abort: (reason) => end('aborted', reason) };
}

/** Ends the group and everything in it, then collects the process itself. */
async function ended(child: Started, graceMs: number, ending: () => Ending | undefined): Promise<Pick<Supervised, 'ending' | 'survived'>> {
  const allGone = await endGroup(child.pid, graceMs);
  if (ending() === undefined && allGone) await Promise.race([child.ended.catch(() => {}), pause(COLLECT_MS)]);
  return { ending: ending() ?? { exitCode: null, signal: null }, survived: !allGone };
}

function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
