import type { Position } from '../types/index.js';

/**
 * A part of the config with a `position` that is looked up when it is read: mostly it never is. It is no part of the data,
 * so it stands on the prototype: one of its own for each object would make each of them another shape to V8.
 */
export class Positioned {
  readonly #position: () => Position;

  constructor(position: () => Position) {
    this.#position = position;
  }

  get position(): Position {
    return this.#position();
  }
}

/** The same with a position, which is looked up when it is read. */
export function withPosition<T extends object>(target: T, position: () => Position): T & { readonly position: Position } {
  return Object.assign(new Positioned(position), target);
}
