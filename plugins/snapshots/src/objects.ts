import { isShipError } from '@ship/core';
import type { Shelf } from './shelf.js';

/**
 * Which of the objects may go: those that no snapshot of any environment names. None of them where a snapshot cannot be
 * read, as that may be the one that needs them.
 */
export async function unnamed(shelf: Pick<Shelf, 'environments' | 'ids' | 'read'>, objects: ReadonlySet<string>): Promise<string[]> {
  if (objects.size === 0) return [];
  const left = new Set(objects);
  try {
    for (const environment of await shelf.environments())
      for (const id of await shelf.ids(environment)) {
        if (left.size === 0) return [];
        for (const key of (await shelf.read(environment, id)).objects ?? []) left.delete(key);
      }
  } catch (error) {
    if (!isShipError(error)) throw error;
    return [];
  }
  return [...left];
}
