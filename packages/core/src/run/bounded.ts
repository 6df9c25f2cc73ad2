import type { ShipError } from '../errors/ship-error.js';
import { soon } from '../soon.js';
import type { AnyAction } from '../types/index.js';

/** How long work may take to settle after it was told to stop: tools get INT, TERM and KILL in this time. */
export const SETTLE_GRACE_MS = 20_000;

/** The limits of one piece of work. */
export interface Bounds {
  readonly timeoutMs: number;
  /** Aborts the work from outside, as Ctrl-C does. */
  readonly parent: AbortSignal;
  timedOut(): ShipError;
  /** The work ignores its signal. */
  stuck(graceMs: number): ShipError;
  readonly graceMs?: number;
}

/** The grace that an action asks for; tools that must save what they have done need a longer one. */
export const graceOf = (action: AnyAction | undefined): Pick<Bounds, 'graceMs'> =>
  action?.grace_ms === undefined ? {} : { graceMs: action.grace_ms };

/**
 * Runs work under a deadline. The work is told through its signal and may still settle in its own way;
 * what does not settle within the grace is left behind, and `stuck` says so.
 */
export function bounded<T>(bounds: Bounds, work: (signal: AbortSignal) => Promise<T> | T): Promise<T> {
  const { parent, timeoutMs, graceMs = SETTLE_GRACE_MS } = bounds;
  const controller = new AbortController();
  return new Promise<T>((resolve, reject) => {
    let grace: NodeJS.Timeout | undefined;
    const abort = (reason: unknown) => {
      if (controller.signal.aborted) return;
      controller.abort(reason);
      grace = setTimeout(() => settle(() => reject(bounds.stuck(graceMs))), graceMs);
    };
    const onParent = () => abort(parent.reason);
    let timer: NodeJS.Timeout | undefined;
    const unattended = soon(() => {
      timer = setTimeout(() => abort(bounds.timedOut()), timeoutMs);
      parent.addEventListener('abort', onParent, { once: true });
      if (parent.aborted) onParent();
    });
    if (parent.aborted) onParent();
    const settle = (finish: () => void) => {
      unattended();
      clearTimeout(timer);
      clearTimeout(grace);
      parent.removeEventListener('abort', onParent);
      finish();
    };
    start(work, controller.signal).then(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(controller.signal.aborted ? controller.signal.reason : error)),
    );
  });
}

async function start<T>(work: (signal: AbortSignal) => Promise<T> | T, signal: AbortSignal): Promise<T> {
  return work(signal);
}

/** Waits, unless the signal ends it first. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
