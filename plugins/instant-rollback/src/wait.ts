import { setTimeout } from 'node:timers/promises';

/** Resolves after a time; rejects with the reason of the signal when that aborts. */
export async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => {
    throw signal.reason;
  });
}
