import { type HeldObjects, isShipError, type Snapshot, type Store, type Stored } from '@ship/core';

/** Where snapshots and objects are kept. */
interface Shelf {
  readonly store: Store;
  environments(): Promise<readonly string[]>;
  ids(environment: string): Promise<readonly string[]>;
  read(environment: string, id: string): Promise<Snapshot>;
}

const HELD = 'objects/held/';

interface Holder extends HeldObjects {
  readonly at: string;
  readonly version: string;
}

/**
 * Takes away the objects of snapshots that are gone, and those that nobody holds any more; but none that a snapshot of any
 * environment names, or that somebody holds. None at all where a snapshot cannot be read, as that may be the one that needs it.
 */
export async function removeUnnamed(shelf: Shelf, evicted: readonly string[]): Promise<void> {
  try {
    const holders = await holdersIn(shelf);
    for (const key of await unnamed(shelf, new Set([...evicted, ...holders.flatMap(({ dropped }) => dropped)]), holders))
      await shelf.store.remove(key);
    for (const { at, version, keys, dropped } of holders)
      if (dropped.length > 0) await shelf.store.put(at, `${JSON.stringify({ keys, dropped: [] }, null, 2)}\n`, { ifVersion: version });
  } catch (error) {
    // Somebody else holds another object meanwhile, or something cannot be read: what stays goes another time.
    if (!isShipError(error)) throw error;
  }
}

async function unnamed(shelf: Shelf, objects: ReadonlySet<string>, holders: readonly Holder[]): Promise<readonly string[]> {
  const left = new Set(objects);
  for (const key of holders.flatMap(({ keys }) => keys)) left.delete(key);
  if (left.size === 0) return [];
  for (const environment of await shelf.environments())
    for (const id of await shelf.ids(environment)) {
      if (left.size === 0) return [];
      for (const key of (await shelf.read(environment, id)).objects ?? []) left.delete(key);
    }
  return [...left];
}

async function holdersIn({ store }: Shelf): Promise<Holder[]> {
  const holders: Holder[] = [];
  for (const at of await store.list(HELD)) {
    const stored = await store.get(at);
    if (stored !== undefined) holders.push({ at, version: stored.version, ...heldIn(stored) });
  }
  return holders;
}

const heldIn = ({ value }: Stored): HeldObjects => JSON.parse(value.toString('utf8')) as HeldObjects;
