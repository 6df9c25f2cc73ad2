/**
 * Works on items, at most `limit` at a time, each after all that it waits for have ended. Of those that could begin,
 * the one that stands first does. What throws is thrown when everything that runs has ended, and nothing new begins;
 * nor does anything once `isStopped`. An item whose work answers `false` keeps those that wait for it.
 */
export function sideBySide<T>(
  items: readonly T[],
  waitsFor: (item: T) => readonly T[],
  limit: number,
  work: (item: T) => Promise<unknown>,
  isStopped: () => boolean = () => false,
): Promise<void> {
  const waiting = new Map(items.map((item) => [item, waitsFor(item).length]));
  const followers = new Map<T, T[]>(items.map((item) => [item, []]));
  for (const item of items) for (const before of waitsFor(item)) followers.get(before)?.push(item);
  const ready = items.filter((item) => waiting.get(item) === 0);
  let running = 0;
  let broken: { readonly error: unknown } | undefined;
  return new Promise((resolve, reject) => {
    const end = (item: T, answer: unknown) => {
      running -= 1;
      for (const follower of answer === false ? [] : (followers.get(item) ?? [])) {
        const left = waiting.get(follower)! - 1;
        waiting.set(follower, left);
        if (left === 0) ready.push(follower);
      }
      pump();
    };
    const pump = () => {
      while (running < limit && ready.length > 0 && broken === undefined && !isStopped()) {
        const item = ready.shift()!;
        running += 1;
        work(item)
          .catch((error: unknown) => {
            broken ??= { error };
          })
          .then((answer) => end(item, answer));
      }
      if (running > 0) return;
      if (broken) reject(broken.error);
      else resolve();
    };
    pump();
  });
}

/** Orders items so that each comes after what it needs, and otherwise as written. The config has refused cycles. */
export function inOrder<T>(items: readonly T[], id: (item: T) => string, needs: (item: T) => readonly string[]): T[] {
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

/** Which things wait for which others, by name. */
type Graph = ReadonlyMap<string, readonly string[]>;

/** All cycles that share no member, each whole: `['a', 'b', 'a']`. Works without recursion, so a long chain is no danger. */
export function findCycles(graph: Graph): readonly (readonly string[])[] {
  const done = new Set<string>();
  const cycles: string[][] = [];
  graph.forEach((needs, name) => {
    // What only waits for things above it, as most does, is in no cycle.
    if (needs.every((need) => done.has(need))) done.add(name);
    else cycles.push(...cyclesFrom(graph, name, done));
  });
  return cycles;
}

function cyclesFrom(graph: Graph, from: string, done: Set<string>): string[][] {
  const cycles: string[][] = [];
  const trail: { readonly name: string; readonly needs: readonly string[]; at: number }[] = [];
  const enter = (name: string) => trail.push({ name, needs: graph.get(name) ?? [], at: 0 });
  if (!done.has(from)) enter(from);
  while (trail.length > 0) {
    const last = trail.at(-1)!;
    const { name } = last;
    const next = last.needs[last.at++];
    const open = trail.findIndex((entry) => entry.name === next);
    if (next === undefined) done.add(trail.pop()!.name);
    else if (open >= 0) cycles.push([...trail.slice(open).map((entry) => entry.name), next]);
    else if (!done.has(next) && graph.has(next)) enter(next);
    if (cycles.length > 0 && next !== undefined && open >= 0) done.add(name);
  }
  return cycles;
}
