import { errors } from '../errors/catalogue.js';
import { sha256 } from '../ids.js';
import type { HeldObjects, Objects, Seal, Store } from '../types/index.js';

const PLAIN = 'objects';
const SEALED = 'objects/sealed';

/** Objects in a store, named by the hash of what lies there. Sealed where somebody seals. */
export function objectsIn(store: Store, sealer: () => Seal | undefined): Objects {
  return Object.freeze<Objects>({
    async put(bytes) {
      const seal = sealer();
      const stored = seal === undefined ? bytes : await seal.close(Buffer.from(bytes));
      const key = `${seal === undefined ? PLAIN : SEALED}/${sha256(stored)}`;
      if ((await store.get(key))?.value.equals(stored) !== true) await store.put(key, stored);
      return key;
    },
    async get(key) {
      const stored = (await store.get(key))?.value;
      if (stored === undefined) throw errors.SHIP_OBJECT_DAMAGED({ key, problem: 'is gone' });
      if (sha256(stored) !== key.slice(key.lastIndexOf('/') + 1)) throw errors.SHIP_OBJECT_DAMAGED({ key, problem: 'is not what it was' });
      if (!key.startsWith(`${SEALED}/`)) return stored;
      const seal = sealer();
      if (seal === undefined) throw errors.SHIP_OBJECT_DAMAGED({ key, problem: 'is encrypted, and nothing here can open it' });
      return seal.open(key, stored);
    },
    async hold(owner, keys) {
      const at = `${HELD}/${owner}.json`;
      const { keys: before, dropped } = readHeld((await store.get(at))?.value);
      const now: HeldObjects = { keys, dropped: [...new Set([...dropped, ...before])].filter((key) => !keys.includes(key)) };
      await store.put(at, `${JSON.stringify(now, null, 2)}\n`);
    },
  });
}

/** Where what is held is written down. */
const HELD = 'objects/held';

const readHeld = (value: Buffer | undefined): HeldObjects =>
  value === undefined ? { keys: [], dropped: [] } : (JSON.parse(value.toString('utf8')) as HeldObjects);
