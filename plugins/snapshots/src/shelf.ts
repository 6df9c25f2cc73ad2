import { isShipError, type LatestSnapshot, type Snapshot, type SnapshotProvider, type Store } from '@ship/core';
import { errors } from './errors.js';
import { readSnapshot, writeSnapshot } from './file.js';

const ID = /^snapshot-[0-9A-Za-z.-]{1,80}$/;
const PREFIX = 'snapshot-';
const SUFFIX = '.json';
const TOLD = 3;

/** A snapshot in a list; one that cannot be read says why. */
export type ListedSnapshot = { readonly id: string; readonly snapshot: Snapshot } | { readonly id: string; readonly problem: string };

/** The snapshots of a project in a store. */
export class Shelf implements SnapshotProvider {
  constructor(
    private readonly store: Store,
    private readonly project: string,
  ) {}

  /** Ids of an environment, newest first. */
  async ids(environment: string): Promise<string[]> {
    const keys = await this.store.list(`snapshots/${environment}/${PREFIX}`);
    const ids = keys.filter((key) => key.endsWith(SUFFIX)).map((key) => key.split('/').at(-1)!.slice(0, -SUFFIX.length));
    return ids.sort().reverse();
  }

  /** All snapshots of an environment, newest first, the damaged ones too. */
  async list(environment: string): Promise<ListedSnapshot[]> {
    const listed: ListedSnapshot[] = [];
    for (const id of await this.ids(environment)) {
      try {
        listed.push({ id, snapshot: await this.read(environment, id) });
      } catch (error) {
        if (!isShipError(error)) throw error;
        listed.push({ id, problem: error.message });
      }
    }
    return listed;
  }

  async save(snapshot: Snapshot): Promise<void> {
    const { id, environment, version, timestamp } = snapshot;
    await this.store.put(keyOf(environment, id), writeSnapshot(snapshot), { ifVersion: null });
    const latest: LatestSnapshot = { snapshot_id: id, version, timestamp };
    await this.store.put(`snapshots/${environment}/latest.json`, `${JSON.stringify(latest, null, 2)}\n`);
  }

  /** The newest that is safe to go back to and whole; a damaged one is passed over. */
  async latest(environment: string, accepts: (snapshot: Snapshot) => boolean = () => true): Promise<Snapshot | null> {
    for (const id of await this.ids(environment)) {
      const snapshot = await this.read(environment, id).catch((error: unknown) => {
        if (!isShipError(error)) throw error;
      });
      if (snapshot?.rollback_safe && snapshot.project === this.project && accepts(snapshot)) return snapshot;
    }
    return null;
  }

  async find(environment: string, given: string): Promise<Snapshot> {
    const ids = await this.ids(environment);
    const wanted = given.startsWith(PREFIX) ? given : `${PREFIX}${given}`;
    const matches = ids.includes(wanted) ? [wanted] : ids.filter((id) => given !== '' && (id.startsWith(given) || id.startsWith(wanted)));
    // What every id begins with says nothing, and may come of a variable that is not set: `snapshot-$ID`.
    if (given !== '' && PREFIX.startsWith(given) && ids.length > 0) throw errors.SHIP_SNAPSHOT_AMBIGUOUS({ id: given, matches: ids });
    if (matches.length > 1) throw errors.SHIP_SNAPSHOT_AMBIGUOUS({ id: given, matches });
    const [id] = matches;
    if (id === undefined) throw await this.#notFound(environment, given, wanted, ids);
    const snapshot = await this.read(environment, id);
    if (snapshot.project !== this.project) throw errors.SHIP_SNAPSHOT_FOREIGN({ id, project: this.project, found: snapshot.project });
    if (snapshot.environment !== environment) throw errors.SHIP_SNAPSHOT_ELSEWHERE({ id, environment, found: snapshot.environment });
    return snapshot;
  }

  /** Reads one by its whole id. */
  async read(environment: string, id: string): Promise<Snapshot> {
    const stored = await this.store.get(keyOf(environment, id));
    if (stored === undefined) throw errors.SHIP_SNAPSHOT_NOT_FOUND({ id, environment, known: [] });
    return readSnapshot(id, stored.value.toString('utf8'));
  }

  /** Keeps the newest `count`, and the last one that is safe to go back to, however old. */
  async prune(environment: string, count: number): Promise<string[]> {
    const ids = await this.ids(environment);
    const lastGood = (await this.latest(environment))?.id;
    const evicted = ids.slice(count).filter((id) => id !== lastGood);
    for (const id of evicted) await this.store.remove(keyOf(environment, id));
    return evicted;
  }

  async #notFound(environment: string, given: string, wanted: string, ids: readonly string[]): Promise<Error> {
    const keys = ID.test(wanted) ? await this.store.list('snapshots/') : [];
    for (const other of keys.map((key) => key.split('/')[1]!).filter((name) => name !== environment)) {
      if ((await this.ids(other)).includes(wanted)) return errors.SHIP_SNAPSHOT_ELSEWHERE({ id: wanted, environment, found: other });
    }
    return errors.SHIP_SNAPSHOT_NOT_FOUND({ id: given, environment, known: ids.slice(0, TOLD) });
  }
}

const keyOf = (environment: string, id: string): string => `snapshots/${environment}/${id}${SUFFIX}`;
