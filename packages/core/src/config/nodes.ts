import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair } from 'yaml';
import type { Path } from './paths.js';
import type { Part } from './source.js';

/** What stands at a path: the node, whether it is the very one asked for, and where it begins. */
export interface Found {
  readonly node: Node | undefined;
  readonly exact: boolean;
  readonly offset: number;
}

/** Finds the node at a path, or the nearest one above it. */
export function findNode(document: Document, path: Path, part: Part): Found {
  let node = document.contents as Node | null;
  let offset = start(node);
  for (const [index, key] of path.entries()) {
    const entry = child(isAlias(node) ? node.resolve(document) : node, key);
    if (entry === undefined) return { node: undefined, exact: false, offset };
    node = entry.value;
    const last = index === path.length - 1;
    offset = (last && part === 'key') || !entry.value?.range ? entry.offset : start(entry.value);
  }
  return { node: node ?? undefined, exact: true, offset };
}

interface Entry {
  readonly value: Node | null;
  readonly offset: number;
}

function child(node: Node | null | undefined, key: string | number): Entry | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(key)] as Node | undefined;
    return item && { value: item, offset: start(item) };
  }
  if (!isMap(node)) return undefined;
  const pair = (node.items as Pair<Node, Node | null>[]).find((item) => keyText(item.key) === String(key));
  return pair && { value: pair.value, offset: start(pair.key) };
}

/** The text of a key as it becomes the key of an object. */
export function keyText(key: unknown): string | undefined {
  return isScalar(key) ? String(key.value ?? '') : undefined;
}

/** Where a node begins. */
export function start(node: Node | null | undefined): number {
  return node?.range?.[0] ?? 0;
}
