import type { Node } from 'libpg-query';
import type { Script } from '../migration.js';

/** One statement, as PostgreSQL's own parser reads it or as one of another dialect is put into its nodes, and where it stands. */
export interface Statement {
  /** The name of its node, such as `AlterTableStmt`. */
  readonly kind: string;
  readonly node: Node;
  readonly text: string;
  readonly file: string;
  /** The line of the file that it begins in. */
  readonly line: number;
}

/** Why a script cannot be judged. */
export interface Unreadable {
  readonly rule: 'unparseable' | 'opaque-code';
  readonly message: string;
  readonly line: number;
}

/** The line that a place of a text is in, where the text begins in the line `first` of its file. */
export const lineAt = (text: string, index: number, first: number): number => first + text.slice(0, index).split('\n').length - 1;

/** The same for many places of a script. What a program has printed stands in no line of its file: there the function begins that did. */
export function linesOf({ text, line, source }: Script): (index: number) => number {
  if (source !== undefined) return () => line;
  const ends = [...text.matchAll(/\n/g)].map(({ index }) => index);
  return (index) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle]! < index) low = middle + 1;
      else high = middle;
    }
    return line + low;
  };
}
