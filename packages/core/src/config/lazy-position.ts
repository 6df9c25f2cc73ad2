import type { Position } from '../types/index.js';

/** Gives an object a `position` that is looked up when it is read: mostly it never is. It is no part of the data. */
export function withPosition<T extends object>(target: T, position: () => Position): T & { readonly position: Position } {
  return Object.defineProperty(target, 'position', { get: position, enumerable: false }) as T & { readonly position: Position };
}
