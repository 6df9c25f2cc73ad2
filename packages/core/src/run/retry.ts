import { isShipError } from '../errors/ship-error.js';
import { classify } from '../failure/classify.js';
import type { RetryConfig } from '../types/index.js';

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
