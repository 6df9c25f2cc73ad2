import {
  byOrder,
  type Encryption,
  isShipError,
  type LatestSnapshot,
  type Page,
  type Snapshot,
  type SnapshotProvider,
  type Store,
} from '@ship/core';
import { errors } from './errors.js';
import {
  fileName,
  folderOf,
  ID,
  idsIn,
  keyOf,
  problemsBeside,
  readBeside,
  readSnapshot,
  saysNothing,
  wholeId,
  writeSnapshot,
} from './files.js';

/** How many ids the message about an unknown one names. */
const NAMED = 3;

/** A snapshot that cannot be read, and why. */
export interface Unreadable {
  readonly id: string;
  readonly problem: string;
}

/** The snapshots of a project, in the store that the config chose. */
export class SnapshotStore implements SnapshotProvider {
  readonly pins: Pins;

  constructor(
    readonly store: Store,
    private readonly project: string,
    readonly encryption?: Encryption,
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

  /** The newest of an environment, newest first, each read from its file. */
  async list(environment: string, newest = Number.POSITIVE_INFINITY): Promise<(Snapshot | Unreadable)[]> {
    const ids = (await this.ids(environment)).slice(0, newest);
    return Promise.all(
      ids.map((id) =>
        this.read(environment, id).catch((error: unknown) => {
          if (!isShipError(error)) throw error;
          return { id, problem: error.message };
        }),
      ),
    );
  }

  /** Newest first, for views and metrics; those that cannot be read are left out. */
  async page(environment: string, { limit = 20, before }: Page): Promise<readonly Snapshot[]> {
    const found: Snapshot[] = [];
    for (const id of await this.ids(environment)) {
      if (found.length === limit) break;
      if (before !== undefined && byOrder(id, before) >= 0) continue;
      const snapshot = await this.read(environment, id).catch(() => undefined);
      if (snapshot !== undefined) found.push(snapshot);
    }
    return found;
  }

  /** Its files are written by then. */
  async save(snapshot: Snapshot): Promise<void> {
    const { id, environment, version, timestamp } = snapshot;
    await this.store.put(keyOf(environment, id), writeSnapshot(snapshot), { ifVersion: null });
    const latest: LatestSnapshot = { snapshot_id: id, version, timestamp };
    await this.store.put(`${folderOf(environment)}/latest.json`, `${JSON.stringify(latest, null, 2)}\n`);
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
    return readBeside(this.store, snapshot, fileName(snapshot.id, part, ending), this.encryption);
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

  async #notFound(environment: string, given: string, wanted: string, ids: readonly string[]): Promise<Error> {
    const others = ID.test(wanted) ? await this.environments() : [];
    for (const other of others.filter((name) => name !== environment)) {
      if ((await this.ids(other)).includes(wanted)) return errors.SHIP_SNAPSHOT_ELSEWHERE({ id: wanted, environment, found: other });
    }
    return errors.SHIP_SNAPSHOT_NOT_FOUND({ id: given, environment, known: ids.slice(0, NAMED) });
  }
}

/** Notes by the id of the snapshot that they keep. */
type Notes = Readonly<Record<string, string>>;

/** Snapshots that are kept whatever comes after them. They stand beside the snapshots: these stay what they were. */
class Pins {
  constructor(private readonly store: Store) {}

  async all(environment: string): Promise<Notes> {
    const stored = await this.store.get(pinsKey(environment));
    return stored === undefined ? {} : parseNotes(pinsKey(environment), stored.value);
  }

  async add(environment: string, id: string, note: string): Promise<void> {
    await this.#change(environment, (notes) => ({ ...notes, [id]: note }));
  }

  /** False where it was not pinned. */
  async remove(environment: string, id: string): Promise<boolean> {
    const { [id]: note } = await this.all(environment);
    if (note === undefined) return false;
    await this.#change(environment, ({ [id]: _, ...rest }) => rest);
    return true;
  }

  /** Of two who pin at once the second one fails, and may try again. */
  async #change(environment: string, change: (notes: Notes) => Notes): Promise<void> {
    const key = pinsKey(environment);
    const stored = await this.store.get(key);
    const notes = change(stored === undefined ? {} : parseNotes(key, stored.value));
    await this.store.put(key, `${JSON.stringify(notes, null, 2)}\n`, { ifVersion: stored?.version ?? null });
  }
}

const pinsKey = (environment: string): string => `${folderOf(environment)}/pins.json`;

/** Who cannot read the pins must not evict. */
function parseNotes(key: string, bytes: Buffer): Notes {
  try {
    const notes: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof notes === 'object' && notes !== null && !Array.isArray(notes)) return notes as Notes;
  } catch {
    // As below.
  }
  throw errors.SHIP_SNAPSHOT_PINS({ key });
}
