import type { CST } from 'yaml';

/** How deep maps and lists may be nested. */
export const DEPTH_LIMIT = 64;

/**
 * Where the collections of a token go deeper than the limit, or undefined.
 * Works with a stack of its own and before anything recursive sees the token: deep nesting ends the whole
 * process where it meets the parser's recursion, and no `catch` helps.
 */
export function tooDeepAt(token: CST.Token): number | undefined {
  const open: { readonly token: CST.Token; readonly depth: number }[] = [{ token, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (depth > DEPTH_LIMIT) return 'offset' in token ? token.offset : 0;
    for (const child of children(token)) open.push({ token: child, depth: isCollection(child) ? depth + 1 : depth });
  }
  return undefined;
}

function isCollection({ type }: CST.Token): boolean {
  return type === 'block-map' || type === 'block-seq' || type === 'flow-collection';
}

function children(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value ? [token.value] : [];
  if (!('items' in token)) return [];
  return token.items.flatMap((item) => [item.key, item.value].filter((child) => child !== undefined && child !== null));
}
