import type { Store } from '@ship/core';
import { errors } from './errors.js';
import { folderOf } from './names.js';

/** Notes by the id of the snapshot that they keep. */
type Notes = Readonly<Record<string, string>>;

/** Snapshots that are kept whatever comes after them. They stand beside the snapshots: these stay what they were. */
export class Pins {
  constructor(private readonly store: Store) {}

  async all(environment: string): Promise<Notes> {
    const stored = await this.store.get(keyOf(environment));
    return stored === undefined ? {} : parse(keyOf(environment), stored.value);
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
    const key = keyOf(environment);
    const stored = await this.store.get(key);
    const notes = change(stored === undefined ? {} : parse(key, stored.value));
    await this.store.put(key, `${JSON.stringify(notes, null, 2)}\n`, { ifVersion: stored?.version ?? null });
  }
}

const keyOf = (environment: string): string => `${folderOf(environment)}/pins.json`;

/** Who cannot read the pins must not evict. */
function parse(key: string, bytes: Buffer): Notes {
  try {
    const notes: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof notes === 'object' && notes !== null && !Array.isArray(notes)) return notes as Notes;
  } catch {
    // As below.
  }
  throw errors.SHIP_SNAPSHOT_PINS({ key });
}
