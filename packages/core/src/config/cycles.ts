/** Which things wait for which others, by name. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** All cycles that share no member, each whole: `['a', 'b', 'a']`. Works without recursion, so a long chain is no danger. */
export function findCycles(graph: Graph): readonly (readonly string[])[] {
  const done = new Set<string>();
  const cycles: string[][] = [];
  graph.forEach((needs, name) => {
    // What only waits for things above it, as most does, is in no cycle.
    if (needs.every((need) => done.has(need))) done.add(name);
    else cycles.push(...walk(graph, name, done));
  });
  return cycles;
}

function walk(graph: Graph, from: string, done: Set<string>): string[][] {
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
