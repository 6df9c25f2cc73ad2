import { isShipError, type ShipError } from './errors/ship-error.js';
import { classify } from './failure.js';
import type { AnyAction, JsonSchema, RetryConfig } from './types/index.js';

/** How long work may take to settle after it was asked to stop: tools get INT, TERM and KILL in this time. */
export const SETTLE_GRACE_MS = 20_000;

/** A longer timer would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The limits of one piece of work. */
export interface Bounds {
  readonly timeoutMs: number;
  /** Aborts the work from outside, as Ctrl-C does. */
  readonly parent: AbortSignal;
  timedOut(): ShipError;
  /** The work ignores its signal; without it that is reported as any other end of the time is. */
  stuck?(graceMs: number): ShipError;
  readonly graceMs?: number | undefined;
}

/** The grace that an action asks for; tools that must save what they have done need a longer one. */
export const graceOf = (action: AnyAction | undefined): Pick<Bounds, 'graceMs'> =>
  action?.grace_ms === undefined ? {} : { graceMs: action.grace_ms };

/**
 * Runs work under a deadline. The work is asked to stop through its signal and may still settle in its own way;
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
      grace = setTimeout(() => settle(() => reject(bounds.stuck?.(graceMs) ?? bounds.timedOut())), graceMs);
    };
    const onParent = () => abort(parent.reason);
    const timer = setTimeout(() => abort(bounds.timedOut()), Math.min(timeoutMs, LONGEST_TIMER_MS));
    parent.addEventListener('abort', onParent, { once: true });
    if (parent.aborted) onParent();
    const settle = (finish: () => void) => {
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

/** Work that may still be acting, and a run without its lease, are never followed by another attempt. */
const FINAL: ReadonlySet<string> = new Set(['SHIP_STEP_STUCK', 'SHIP_LEASE_LOST']);

/** May an attempt follow this one, which failed? `attempts` counts those that were made. */
export function mayRetry({ times, on }: RetryConfig, attempts: number, error: unknown): boolean {
  if (attempts > times || (isShipError(error) && FINAL.has(error.code))) return false;
  return on?.includes(classify(error)) ?? true;
}

/** The pause before a retry: exponential, with full jitter, so that many who failed together do not return together. */
export function retryDelay(retry: Pick<RetryConfig, 'delay_ms' | 'max_delay_ms'>, attempt: number, random = Math.random): number {
  return Math.round(random() * Math.min(retry.max_delay_ms, retry.delay_ms * 2 ** (attempt - 1)));
}

/** Loading and setting up have this long each, in milliseconds. What takes longer belongs into `beforeRun`. */
export const PLUGIN_DEADLINE_MS = 10_000;

/** Waits for what may never settle. Until then the timer keeps the process alive, so that it can still say why it ends. */
export async function inTime<T>(work: () => Promise<T> | T, late: () => Error, deadlineMs = PLUGIN_DEADLINE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), deadlineMs);
  });
  try {
    return await Promise.race([work(), expired]);
  } finally {
    clearTimeout(timer);
  }
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** The JSON Schema of a text that {@link parseDuration} reads, with examples for people. */
export const durationSchema = (...examples: readonly string[]): JsonSchema => ({
  type: 'string',
  pattern: '^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$',
  title: 'a duration',
  examples: [...examples],
});

/** Milliseconds of `250ms`, `10s`, `1.5m` or `2h`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,9})?)(ms|s|m|h)$/.exec(text);
  if (match === null) return undefined;
  const exact = Number(match[1]) * UNITS[match[2]!]!;
  // 1.1 * 1000 is not a whole number in floating point, but 1.1s is 1100 ms.
  const ms = Math.abs(exact - Math.round(exact)) < 1e-6 ? Math.round(exact) : exact;
  return Number.isSafeInteger(ms) ? ms : undefined;
}
