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
