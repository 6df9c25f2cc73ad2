/** Loading and setting up have this long each, in milliseconds. What takes longer belongs into `beforeRun`. */
export const PLUGIN_DEADLINE_MS = 10_000;

/** Waits for what may never settle. Until then the timer keeps the process alive, so that it can still say why it ends. */
export async function inTime<T>(work: () => Promise<T> | T, late: () => Error): Promise<T> {
  const answer = work();
  // What answers at once, as most plugins do, needs no timer.
  if (!isThenable(answer)) return answer;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), PLUGIN_DEADLINE_MS);
    Promise.resolve(answer)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

function isThenable<T>(answer: Promise<T> | T): answer is Promise<T> {
  return typeof (answer as { then?: unknown } | null | undefined)?.then === 'function';
}
