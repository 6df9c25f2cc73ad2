import { setTimeout as sleep } from 'node:timers/promises';

/** How long to ask, and how often. */
interface Patience {
  readonly timeoutMs: number;
  readonly intervalMs: number;
  readonly signal?: AbortSignal;
}

/** Asks until there is an answer; `undefined` when the time is over. Throws the reason of an abort. */
export async function until<T>(ask: () => Promise<T | undefined> | T | undefined, patience: Patience): Promise<T | undefined> {
  const end = performance.now() + patience.timeoutMs;
  for (;;) {
    patience.signal?.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() >= end) return undefined;
    await sleep(patience.intervalMs);
  }
}
