import { type HeldObjects, isShipError } from '@ship/core';
import { folderOf, keyOf, ownerOf } from './files.js';
import type { SnapshotStore } from './store.js';

/** Files of a save that never came to its snapshot are removed after this. */
const ORPHAN_AGE_MS = 24 * 3_600_000;
const HELD = 'objects/held/';

/** What decides how long snapshots stay. */
interface Retention {
  /** How many of the newest stay. */
  readonly count: number;
  /** The newest that is safe to go back to. */
  readonly lastGood: string | undefined;
  readonly pinned: ReadonlySet<string>;
  /** Those that a run which has not ended well would go back to. */
  readonly needed: ReadonlySet<string>;
}

/** What a pruning removed, or would. */
interface Pruned {
  readonly snapshots: readonly string[];
  readonly files: readonly string[];
}

/** The ids, newest first, that may go. */
export function evictable(ids: readonly string[], { count, lastGood, pinned, needed }: Retention): string[] {
  return ids.slice(Math.max(0, count)).filter((id) => id !== lastGood && !pinned.has(id) && !needed.has(id));
}

/** Removes what need not stay: see {@link evictable}, and the files of saves that never came to their end. */
export async function prune(
  snapshots: SnapshotStore,
  environment: string,
  count: number,
  needed: readonly string[] = [],
  { dryRun = false, now = Date.now() } = {},
): Promise<Pruned> {
  const ids = await snapshots.ids(environment);
  const lastGood = ids.length > count ? (await snapshots.latest(environment))?.id : undefined;
  const pinned = new Set(ids.length > count ? Object.keys(await snapshots.pins.all(environment)) : []);
  const evicted = evictable(ids, { count, lastGood, pinned, needed: new Set(needed) });
  const files = await orphans(snapshots, environment, new Set(ids), now);
  if (dryRun || evicted.length + files.length === 0) return { snapshots: evicted, files };
  await evict(snapshots, environment, evicted);
  for (const name of files) await snapshots.store.remove(`${folderOf(environment)}/${name}`);
  return { snapshots: evicted, files };
}

/** The snapshot goes first: what lies beside one that is there is never missing. */
async function evict(snapshots: SnapshotStore, environment: string, gone: readonly string[]): Promise<void> {
  const evicted = await Promise.all(gone.map((id) => snapshots.read(environment, id).catch(() => undefined)));
  const beside = (await namesIn(snapshots, environment)).filter((name) => gone.includes(ownerOf(name) ?? ''));
  for (const id of gone) await snapshots.store.remove(keyOf(environment, id));
  for (const name of beside) await snapshots.store.remove(`${folderOf(environment)}/${name}`);
  await removeUnnamed(
    snapshots,
    evicted.flatMap((snapshot) => snapshot?.objects ?? []),
  );
}

async function orphans(snapshots: SnapshotStore, environment: string, ids: ReadonlySet<string>, now: number): Promise<string[]> {
  const names = await namesIn(snapshots, environment);
  return names.filter((name) => {
    const owner = ownerOf(name);
    if (owner === undefined || ids.has(owner)) return false;
    const [day, time] = owner.slice('snapshot-'.length).split('T');
    const saved = Date.parse(`${day}T${time?.slice(0, 8).replaceAll('-', ':')}Z`);
    return now - saved > ORPHAN_AGE_MS;
  });
}

async function namesIn({ store }: SnapshotStore, environment: string): Promise<string[]> {
  return (await store.list(`${folderOf(environment)}/`)).map((key) => key.split('/').at(-1)!);
}

interface Holder extends HeldObjects {
  readonly at: string;
  readonly version: string;
}

/**
 * Removes the objects of snapshots that are gone, and those that nobody holds any more; but none that a snapshot of any
 * environment names, or that somebody holds. None at all where a snapshot cannot be read, as that may be the one that needs it.
 */
async function removeUnnamed(snapshots: SnapshotStore, evicted: readonly string[]): Promise<void> {
  const { store } = snapshots;
  try {
    const holders = await holdersIn(snapshots);
    for (const key of await unnamed(snapshots, new Set([...evicted, ...holders.flatMap(({ dropped }) => dropped)]), holders))
      await store.remove(key);
    for (const { at, version, keys, dropped } of holders)
      if (dropped.length > 0) await store.put(at, `${JSON.stringify({ keys, dropped: [] }, null, 2)}\n`, { ifVersion: version });
  } catch (error) {
    // Somebody else holds another object meanwhile, or something cannot be read: what stays goes another time.
    if (!isShipError(error)) throw error;
  }
}

async function unnamed(snapshots: SnapshotStore, objects: ReadonlySet<string>, holders: readonly Holder[]): Promise<readonly string[]> {
  const left = new Set(objects);
  for (const key of holders.flatMap(({ keys }) => keys)) left.delete(key);
  if (left.size === 0) return [];
  for (const environment of await snapshots.environments())
    for (const id of await snapshots.ids(environment)) {
      if (left.size === 0) return [];
      for (const key of (await snapshots.read(environment, id)).objects ?? []) left.delete(key);
    }
  return [...left];
}

async function holdersIn({ store }: SnapshotStore): Promise<Holder[]> {
  const holders: Holder[] = [];
  for (const at of await store.list(HELD)) {
    const stored = await store.get(at);
    if (stored === undefined) continue;
    holders.push({ at, version: stored.version, ...(JSON.parse(stored.value.toString('utf8')) as HeldObjects) });
  }
  return holders;
}
