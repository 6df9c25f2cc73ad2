import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Bounds, bounded, SETTLE_GRACE_MS, sleep } from '../src/deadline.js';
import { errors } from '../src/errors/catalogue.js';
import { ShipError } from '../src/errors/ship-error.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const bounds = (more: Partial<Bounds> = {}): Bounds => ({
  timeoutMs: 1_000,
  parent: new AbortController().signal,
  timedOut: () => errors.SHIP_STEP_TIMEOUT({ step: 'a', timeoutMs: 1_000 }),
  stuck: (graceMs) => errors.SHIP_STEP_STUCK({ step: 'a', graceMs }),
  ...more,
});
const interrupt = () => new ShipError({ code: 'SHIP_INTERRUPTED', message: 'interrupted by SIGINT' });
const never = () => new Promise<never>(() => {});
const obeying = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('cut off'))));

/** The deadline counts, and the parent is heard, a few turns later. */
async function turns() {
  for (let turn = 0; turn < 4; turn += 1) await vi.advanceTimersByTimeAsync(1);
}

describe('bounded', () => {
  it('given work that ends in time, when it is awaited, then its answer comes and no timer is left', async () => {
    await expect(bounded(bounds(), () => 'answer')).resolves.toBe('answer');
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('own');
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('own');
      },
    ],
  ])('given work that %s, when it is awaited, then its own error comes and no timer is left', async (_, work) => {
    await expect(bounded(bounds(), work)).rejects.toThrow('own');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('given work that obeys its signal, when the deadline passes, then the error is the deadline, not what the work says', async () => {
    const ended = expect(bounded(bounds(), obeying)).rejects.toMatchObject({ code: 'SHIP_STEP_TIMEOUT' });
    await turns();
    await vi.advanceTimersByTimeAsync(1_000);
    await ended;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('given work that finishes although it was told to stop, when it settles within the grace, then its answer counts', async () => {
    const ended = bounded(bounds(), () => new Promise((yes) => setTimeout(yes, 1_500, 'done after all')));
    await turns();
    await vi.advanceTimersByTimeAsync(1_500);
    await expect(ended).resolves.toBe('done after all');
  });

  it('given work that ignores its signal, when the grace has passed, then it is left behind as stuck', async () => {
    const ended = expect(bounded(bounds(), never)).rejects.toMatchObject({
      code: 'SHIP_STEP_STUCK',
      message: expect.stringContaining(`${SETTLE_GRACE_MS / 1000} s`),
    });
    await turns();
    await vi.advanceTimersByTimeAsync(1_000 + SETTLE_GRACE_MS);
    await ended;
  });

  it('given a parent that aborts, when the work obeys, then the reason of the parent comes at once', async () => {
    const parent = new AbortController();
    const ended = expect(bounded(bounds({ parent: parent.signal }), obeying)).rejects.toMatchObject({ code: 'SHIP_INTERRUPTED' });
    await turns();
    parent.abort(interrupt());
    await ended;
  });

  it('given a parent that aborts before it is heard, when work has begun, then its reason comes all the same', async () => {
    const parent = new AbortController();
    const ended = expect(bounded(bounds({ parent: parent.signal }), obeying)).rejects.toMatchObject({ code: 'SHIP_INTERRUPTED' });
    parent.abort(interrupt());
    await turns();
    await ended;
  });

  it('given a parent that has aborted before, when work begins, then its signal says so', async () => {
    const parent = AbortSignal.abort(interrupt());
    await expect(bounded(bounds({ parent }), (signal) => signal.throwIfAborted())).rejects.toMatchObject({ code: 'SHIP_INTERRUPTED' });
  });
});

describe('sleep', () => {
  it('given a signal, when it aborts, then the pause ends and no timer is left', async () => {
    const controller = new AbortController();
    const pause = sleep(60_000, controller.signal);
    controller.abort();
    await pause;
    await sleep(60_000, controller.signal);
    expect(vi.getTimerCount()).toBe(0);
  });
});
