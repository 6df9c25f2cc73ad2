import { isShipError, type LatestSnapshot, type Seal, type Snapshot, type SnapshotProvider, type Store } from '@ship/core';
import { errors } from './errors.js';
import { readSnapshot, writeSnapshot } from './file.js';
import { problemsBeside, readBeside } from './files.js';
import { type ListedSnapshot, listedOf } from './listed.js';
import { appendIndex, isFresh, readIndex, rebuildIndex } from './listing.js';
import { fileName, folderOf, ID, idsIn, keyOf, ownerOf, saysNothing, wholeId } from './names.js';
import { removeUnnamed } from './objects.js';
import { Pins } from './pins.js';
import { evictable } from './retention.js';

const TOLD = 3;
/** So many of a list are compared with their files; of longer ones `verify` tells. */
const LOOKED_AT = 100;
/** Files of a save that never came to its snapshot are taken away after this. */
const ORPHAN_AGE_MS = 24 * 3_600_000;

/** What a pruning took away, or would. */
export interface Pruned {
  readonly snapshots: readonly string[];
  readonly files: readonly string[];
}

/** The snapshots of a project in a store. */
export class Shelf implements SnapshotProvider {
  readonly pins: Pins;

  constructor(
    readonly store: Store,
    private readonly project: string,
    readonly seal?: Seal,
  ) {
    this.pins = new Pins(store);
  }

  /** The environments that have ever kept one. */
  async environments(): Promise<string[]> {
    return (await this.store.list('snapshots/')).map((key) => key.split('/')[1]!);
  }

  /** Ids of an environment, newest first. */
  async ids(environment: string): Promise<string[]> {
    return idsIn(await this.store.list(`${folderOf(environment)}/`)).reverse();
  }

  /** Snapshots of an environment, newest first, those that cannot be read, too. From the index, where that is of the folder as it is. */
  async list(environment: string, newest = Number.POSITIVE_INFINITY): Promise<ListedSnapshot[]> {
    const state = await this.store.changed?.(folderOf(environment));
    // Without a state each name of the index is held to the folder.
    const index = await readIndex(this.store, environment, state ? newest : undefined);
    const listed = index && (await isFresh(this.store, environment, index, state)) ? index.listed : await this.#reindex(environment);
    const shown = listed.slice(-newest).reverse();
    return shown.length > LOOKED_AT ? shown : Promise.all(shown.map((each) => this.#asItIs(environment, each)));
  }

  /** Its files are written by then. */
  async save(snapshot: Snapshot): Promise<void> {
    const { id, environment, version, timestamp } = snapshot;
    const isFirst = (await this.ids(environment)).length === 0;
    await this.store.put(keyOf(environment, id), writeSnapshot(snapshot), { ifVersion: null });
    const latest: LatestSnapshot = { snapshot_id: id, version, timestamp };
    await this.store.put(`${folderOf(environment)}/latest.json`, `${JSON.stringify(latest, null, 2)}\n`);
    const add: ListedSnapshot = { ...listedOf(snapshot), ...(await this.#stamp(environment, id)) };
    if (isFirst) await rebuildIndex(this.store, environment, [add]);
    else await appendIndex(this.store, environment, { come: [add] });
  }

  /** The newest that is safe to go back to, whole, and accepted; a damaged one is passed over. */
  async latest(environment: string, accepts: (snapshot: Snapshot) => boolean = () => true): Promise<Snapshot | null> {
    for (const id of await this.ids(environment)) {
      const snapshot = await this.read(environment, id).catch((error: unknown) => {
        if (!isShipError(error)) throw error;
      });
      const isGood = snapshot?.rollback_safe && snapshot.project === this.project && accepts(snapshot);
      if (isGood && (await problemsBeside(this.store, snapshot)).length === 0) return snapshot;
    }
    return null;
  }

  async find(environment: string, given: string): Promise<Snapshot> {
    const id = await this.resolve(environment, given);
    const snapshot = await this.read(environment, id);
    if (snapshot.project !== this.project) throw errors.SHIP_SNAPSHOT_FOREIGN({ id, project: this.project, found: snapshot.project });
    if (snapshot.environment !== environment) throw errors.SHIP_SNAPSHOT_ELSEWHERE({ id, environment, found: snapshot.environment });
    const [problem] = await problemsBeside(this.store, snapshot);
    if (problem !== undefined) throw errors.SHIP_SNAPSHOT_DAMAGED({ id, problem });
    return snapshot;
  }

  /** The whole id of what a person gave: an id, or the start of one that no other has. */
  async resolve(environment: string, given: string): Promise<string> {
    const ids = await this.ids(environment);
    const wanted = wholeId(given);
    const matches = ids.includes(wanted) ? [wanted] : ids.filter((id) => given !== '' && (id.startsWith(given) || id.startsWith(wanted)));
    if (saysNothing(given) && ids.length > 0) throw errors.SHIP_SNAPSHOT_AMBIGUOUS({ id: given, matches: ids });
    if (matches.length > 1) throw errors.SHIP_SNAPSHOT_AMBIGUOUS({ id: given, matches });
    return matches[0] ?? Promise.reject(await this.#notFound(environment, given, wanted, ids));
  }

  readFile(snapshot: Snapshot, part: string, ending: string): Promise<Buffer> {
    return readBeside(this.store, snapshot, fileName(snapshot.id, part, ending), this.seal);
  }

  /** Reads one by its whole id. */
  async read(environment: string, id: string): Promise<Snapshot> {
    const stored = await this.store.get(keyOf(environment, id));
    if (stored === undefined) throw errors.SHIP_SNAPSHOT_NOT_FOUND({ id, environment, known: [] });
    return readSnapshot(id, stored.value.toString('utf8'));
  }

  /** What is wrong with a snapshot and all that lies beside it; nothing where it is what it was. */
  async problems(environment: string, id: string): Promise<string[]> {
    try {
      return await problemsBeside(this.store, await this.read(environment, id));
    } catch (error) {
      if (!isShipError(error)) throw error;
      return [error.message.replace(`${id} is damaged: `, '')];
    }
  }

  /** Takes away what need not stay: see `evictable`, and the files of saves that never came to their end. */
  async prune(
    environment: string,
    count: number,
    needed: readonly string[] = [],
    { dryRun = false, now = Date.now() } = {},
  ): Promise<Pruned> {
    const ids = await this.ids(environment);
    const lastGood = ids.length > count ? (await this.latest(environment))?.id : undefined;
    const pinned = new Set(ids.length > count ? Object.keys(await this.pins.all(environment)) : []);
    const snapshots = evictable(ids, { count, lastGood, pinned, needed: new Set(needed) });
    const files = await this.#orphans(environment, new Set(ids), now);
    if (dryRun || snapshots.length + files.length === 0) return { snapshots, files };
    await this.#evict(environment, snapshots);
    for (const name of files) await this.store.remove(`${folderOf(environment)}/${name}`);
    await appendIndex(this.store, environment, { gone: snapshots });
    return { snapshots, files };
  }

  /** The snapshot goes first: what lies beside one that is there is never missing. */
  async #evict(environment: string, gone: readonly string[]): Promise<void> {
    const evicted = await Promise.all(gone.map((id) => this.read(environment, id).catch(() => undefined)));
    const beside = (await this.#names(environment)).filter((name) => gone.includes(ownerOf(name) ?? ''));
    for (const id of gone) await this.store.remove(keyOf(environment, id));
    for (const name of beside) await this.store.remove(`${folderOf(environment)}/${name}`);
    await removeUnnamed(
      this,
      evicted.flatMap((snapshot) => snapshot?.objects ?? []),
    );
  }

  async #orphans(environment: string, ids: ReadonlySet<string>, now: number): Promise<string[]> {
    const names = await this.#names(environment);
    return names.filter((name) => {
      const owner = ownerOf(name);
      if (owner === undefined || ids.has(owner)) return false;
      const [day, time] = owner.slice('snapshot-'.length).split('T');
      const saved = Date.parse(`${day}T${time?.slice(0, 8).replaceAll('-', ':')}Z`);
      return now - saved > ORPHAN_AGE_MS;
    });
  }

  async #reindex(environment: string): Promise<readonly ListedSnapshot[]> {
    const listed: ListedSnapshot[] = [];
    for (const id of (await this.ids(environment)).reverse()) listed.push(await this.#look(environment, id));
    // A list is a look: where nothing may be written, it is shown all the same.
    if (listed.length > 0) await rebuildIndex(this.store, environment, listed).catch(() => {});
    return listed;
  }

  /** What the index says of a snapshot, unless its file was changed in place since. */
  async #asItIs(environment: string, known: ListedSnapshot): Promise<ListedSnapshot> {
    const stamp = await this.store.changed?.(keyOf(environment, known.id));
    return stamp && stamp === known.stamp ? known : this.#look(environment, known.id);
  }

  async #look(environment: string, id: string): Promise<ListedSnapshot> {
    const stamp = await this.#stamp(environment, id);
    try {
      return { ...listedOf(await this.read(environment, id)), ...stamp };
    } catch (error) {
      if (!isShipError(error)) throw error;
      return { id, problem: error.message, ...stamp };
    }
  }

  async #stamp(environment: string, id: string): Promise<{ stamp?: string }> {
    const stamp = await this.store.changed?.(keyOf(environment, id));
    return stamp ? { stamp } : {};
  }

  async #names(environment: string): Promise<string[]> {
    return (await this.store.list(`${folderOf(environment)}/`)).map((key) => key.split('/').at(-1)!);
  }

  async #notFound(environment: string, given: string, wanted: string, ids: readonly string[]): Promise<Error> {
    const others = ID.test(wanted) ? await this.environments() : [];
    for (const other of others.filter((name) => name !== environment)) {
      if ((await this.ids(other)).includes(wanted)) return errors.SHIP_SNAPSHOT_ELSEWHERE({ id: wanted, environment, found: other });
    }
    return errors.SHIP_SNAPSHOT_NOT_FOUND({ id: given, environment, known: ids.slice(0, TOLD) });
  }
}
