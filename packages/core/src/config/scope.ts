import type { ShipError } from '../errors/ship-error.js';
import type { Position } from '../types/index.js';
import type { Mistakes } from './mistakes.js';
import { formatPath, getAt, hasAt, type Path } from './paths.js';
import { showValue } from './show.js';
import type { Part, Source } from './source.js';

/** What an error says about its place: the path, the value as it was written, the position. */
export interface Place {
  readonly path: string;
  readonly value: string;
  readonly extras: { readonly at: Position };
}

/** The merged config as its source sees it: each path leads to the environment block or to the rest of the file. */
export class Scope {
  constructor(
    readonly source: Source,
    readonly mistakes: Mistakes,
    readonly environment: string,
  ) {}

  /** Where in the file a value of the merged config comes from. */
  origin(path: Path): Path {
    const block = ['environments', this.environment, ...path];
    return path[0] !== 'environments' && path.length > 0 && hasAt(this.source.value, block) ? block : path;
  }

  /** The place of a value, for an error. */
  place(path: Path, part: Part = 'value'): Place {
    const origin = this.origin(path);
    const value = showValue(this.source, origin, getAt(this.source.value, origin));
    return { path: formatPath(origin), value, extras: { at: this.source.position(origin, part) } };
  }

  /** Adds a mistake about the value at a path. */
  add(path: Path, make: (place: Place) => ShipError, part: Part = 'value'): void {
    this.mistakes.add(make(this.place(path, part)), path);
  }

  /** Whether the schema has refused what is at the path. */
  isBroken(path: Path): boolean {
    return !this.mistakes.isSound && this.variants(path).some(([each]) => this.mistakes.isBroken(each!));
  }

  /** Whether the schema has refused the very thing at the path. */
  isBrokenAt(path: Path): boolean {
    return !this.mistakes.isSound && this.variants(path).some(([each]) => this.mistakes.isBrokenAt(each!));
  }

  /** Paths of the merged config, and the same ones in the block of the environment: mistakes may be told of either. */
  variants(...paths: readonly Path[]): readonly (readonly Path[])[] {
    return [paths, paths.map((path) => ['environments', this.environment, ...path])];
  }

  /** Where the value at a path stands. */
  position(path: Path): Position {
    return this.source.position(this.origin(path));
  }
}
