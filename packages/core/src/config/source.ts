import type { Position } from '../types/index.js';
import type { Path } from './paths.js';

/** Which part of an entry an error points at. */
export type Part = 'key' | 'value';

/** A config as it was written: its value before anything is replaced or merged, and where each part stands. */
export interface Source {
  /** Absolute path. */
  readonly file: string;
  /** The path as people see it, in positions and messages. */
  readonly shown: string;
  readonly value: unknown;
  /** Where the entry at a path stands, or the nearest one above it. */
  position(path: Path, part?: Part): Position;
  /** The text of a scalar as the user wrote it, such as `1.10`. */
  written(path: Path): string | undefined;
}

/** A source without positions, such as a module: everything stands in its first line. */
export function sourceWithoutPositions(file: string, shown: string, value: unknown): Source {
  const start = Object.freeze({ file: shown, line: 1, column: 1 });
  return { file, shown, value, position: () => start, written: () => undefined };
}
