/** Loading and setting up have this long each, in milliseconds. What takes longer belongs into `beforeRun`. */
export const PLUGIN_DEADLINE_MS = 10_000;

/** Waits for what may never settle. Until then the timer keeps the process alive, so that it can still say why it ends. */
export function inTime<T>(work: () => Promise<T> | T, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), PLUGIN_DEADLINE_MS);
    begin(work)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

async function begin<T>(work: () => Promise<T> | T): Promise<T> {
  return work();
}
