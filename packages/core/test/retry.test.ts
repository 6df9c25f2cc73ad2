import { describe, expect, it } from 'vitest';
import { mayRetry, retryDelay } from '../src/deadline.js';
import { errors } from '../src/errors/catalogue.js';

describe('mayRetry', () => {
  const retry = { times: 2, delay_ms: 0, max_delay_ms: 0 };

  it('given two retries, when attempts fail, then the third is the last', () => {
    expect([1, 2, 3].map((attempts) => mayRetry(retry, attempts, new Error('x')))).toEqual([true, true, false]);
  });

  it('given the failures that may be tried again, when another comes, then it may not', () => {
    const onNetwork = { ...retry, on: ['network_error' as const] };
    expect(mayRetry(onNetwork, 1, 'connection refused')).toBe(true);
    expect(mayRetry(onNetwork, 1, 'no space left')).toBe(false);
  });

  it('given a step that may still act, or a lost lease, when it may be tried again, then it is not', () => {
    expect(mayRetry(retry, 1, errors.SHIP_STEP_STUCK({ step: 'a', graceMs: 1 }))).toBe(false);
    expect(mayRetry(retry, 1, errors.SHIP_LEASE_LOST({ environment: 'e' }))).toBe(false);
  });
});

describe('retryDelay', () => {
  it('given attempts, when the whole jitter is taken, then the pause doubles up to its limit; and it may be none', () => {
    const retry = { delay_ms: 1_000, max_delay_ms: 5_000 };
    expect([1, 2, 3, 4, 60].map((attempt) => retryDelay(retry, attempt, () => 1))).toEqual([1_000, 2_000, 4_000, 5_000, 5_000]);
    expect(retryDelay(retry, 3, () => 0)).toBe(0);
    expect(retryDelay(retry, 2, () => 0.25)).toBe(500);
    expect(retryDelay(retry, 5_000, () => 1)).toBe(5_000);
  });
});
