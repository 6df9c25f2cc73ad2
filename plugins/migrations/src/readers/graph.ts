import type { Flaw } from '../migration.js';
import { compareText } from './files.js';

/** Something that has to come after others. */
export interface Node {
  readonly id: string;
  readonly file: string;
  /** Undefined: the file does not say so in plain values. */
  readonly after: readonly string[] | undefined;
}

/** Sorts so that each comes after what it names; those that may come in any order, by their names. What goes round in circles comes last. */
export function inOrderOf<T extends Node>(nodes: readonly T[], tool: string): { sorted: T[]; flaws: Flaw[] } {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const flaws = nodes.flatMap((node) => unclear(node, byId, tool));
  const sorted: T[] = [];
  const done = new Set<string>();
  let left = [...nodes].sort((one, other) => compareText(one.id, other.id));
  while (left.length > 0) {
    const next = left.find(({ after }) => (after ?? []).every((id) => done.has(id) || !byId.has(id)));
    if (next === undefined) {
      const message = `${tool} refuses this folder: ${left.map(({ id }) => id).join(', ')} come after each other in a circle`;
      return { sorted: [...sorted, ...left], flaws: [...flaws, { level: 'block', rule: 'cycle', message, file: left[0]!.file }] };
    }
    sorted.push(next);
    done.add(next.id);
    left = left.filter((node) => node !== next);
  }
  return { sorted, flaws };
}

function unclear({ id, file, after }: Node, known: ReadonlyMap<string, Node>, tool: string): Flaw[] {
  if (after === undefined)
    return [{ level: 'block', rule: 'order-unknown', message: `${file} does not say in plain values what ${id} comes after`, file }];
  return after
    .filter((each) => !known.has(each))
    .map((each) => ({
      level: 'block',
      rule: 'missing-parent',
      message: `${tool} refuses this folder: ${file} comes after ${each}, which is not there`,
      file,
    }));
}

/** Those that nothing comes after. */
export function headsOf<T extends Node>(nodes: readonly T[]): T[] {
  const named = new Set(nodes.flatMap(({ after }) => after ?? []));
  return nodes.filter(({ id }) => !named.has(id));
}
