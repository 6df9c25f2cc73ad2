/** Counts down what an item waits for. */
type Waiting<T> = Map<T, number>;

/**
 * Works on items, at most `limit` at a time, each after all that it waits for have ended. Of those that could begin,
 * the one that stands first does. What throws is thrown when everything that runs has ended, and nothing new begins.
 */
export function sideBySide<T>(
  items: readonly T[],
  waitsFor: (item: T) => readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting: Waiting<T> = new Map(items.map((item) => [item, waitsFor(item).length]));
  const followers = followersOf(items, waitsFor);
  const ready = items.filter((item) => waiting.get(item) === 0);
  let running = 0;
  let broken: { readonly error: unknown } | undefined;
  return new Promise((resolve, reject) => {
    const end = (item: T) => {
      running -= 1;
      for (const follower of followers.get(item) ?? []) if (countDown(waiting, follower)) ready.push(follower);
      pump();
    };
    const pump = () => {
      while (running < limit && ready.length > 0 && broken === undefined) {
        const item = ready.shift()!;
        running += 1;
        work(item)
          .catch((error: unknown) => {
            broken ??= { error };
          })
          .then(() => end(item));
      }
      if (running > 0) return;
      if (broken) reject(broken.error);
      else resolve();
    };
    pump();
  });
}

function followersOf<T>(items: readonly T[], waitsFor: (item: T) => readonly T[]): Map<T, T[]> {
  const followers = new Map<T, T[]>(items.map((item) => [item, []]));
  for (const item of items) for (const before of waitsFor(item)) followers.get(before)?.push(item);
  return followers;
}

function countDown<T>(waiting: Waiting<T>, item: T): boolean {
  const left = waiting.get(item)! - 1;
  waiting.set(item, left);
  return left === 0;
}

/** Orders items so that each comes after what it needs, and otherwise as written. The config has refused cycles. */
export function inOrder<T>(items: readonly T[], id: (item: T) => string, needs: (item: T) => readonly string[]): T[] {
  if (isInOrder(items, id, needs)) return [...items];
  const byId = new Map(items.map((item) => [id(item), item]));
  const ordered = new Set<T>();
  const visit = (item: T) => {
    if (ordered.has(item)) return;
    for (const need of needs(item)) {
      const needed = byId.get(need);
      if (needed && !ordered.has(needed)) visit(needed);
    }
    ordered.add(item);
  };
  for (const item of items) visit(item);
  return [...ordered];
}

/** Whether each stands after what it needs already, as in most configs. */
function isInOrder<T>(items: readonly T[], id: (item: T) => string, needs: (item: T) => readonly string[]): boolean {
  const above = new Set<string>();
  return items.every((item) => {
    const fits = needs(item).every((need) => above.has(need));
    above.add(id(item));
    return fits;
  });
}
