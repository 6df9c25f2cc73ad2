import type { ChildProcess } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { endGroup } from '@ship/core';
import type { EndedBy, Ending, ExecuteOptions } from './types.js';

const GRACE_MS = 5_000;
const COLLECT_MS = 1_000;
/** A longer timer would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How it went. `by` says that ship ended it, `reason` why. */
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
export function supervise(child: ChildProcess, options: ExecuteOptions): Supervision {
  const { signal, timeoutMs, killGraceMs = GRACE_MS } = options;
  // `exit`, not `close`: a grandchild may keep the output open.
  const exited = new Promise<Ending>((resolve) => child.once('exit', (exitCode, signal) => resolve({ exitCode, signal })));
  let end!: (by: EndedBy, reason?: unknown) => void;
  const orderedToEnd = new Promise<{ by: EndedBy; reason: unknown }>((resolve) => {
    end = (by, reason) => resolve({ by, reason });
  });
  const onAbort = () => end('aborted', signal?.reason);
  const deadline = timeoutMs === undefined ? undefined : setTimeout(end, Math.min(timeoutMs, LONGEST_TIMER_MS), 'timeout');
  if (signal !== undefined) {
    // Steps that run side by side share a signal; many listeners are no leak.
    setMaxListeners(0, signal);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
  }
  const attend = async (): Promise<Supervised> => {
    const first = await Promise.race([exited, orderedToEnd]);
    clearTimeout(deadline);
    signal?.removeEventListener('abort', onAbort);
    return 'by' in first ? { ...first, ...(await ended(child.pid!, killGraceMs, exited)) } : { ending: first, survived: false };
  };
  return { done: attend(), abort: (reason) => end('aborted', reason) };
}

/** Ends the group and everything in it, then collects the process itself. */
async function ended(pid: number, graceMs: number, exited: Promise<Ending>): Promise<Pick<Supervised, 'ending' | 'survived'>> {
  const allGone = await endGroup(pid, graceMs);
  const unknown = pause<Ending>(allGone ? COLLECT_MS : 0, { exitCode: null, signal: null }, { ref: false });
  return { ending: await Promise.race([exited, unknown]), survived: !allGone };
}
