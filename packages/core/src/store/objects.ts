import { errors } from '../errors/catalogue.js';
import { sha256 } from '../ids.js';
import type { Encryption, HeldObjects, Objects, Store } from '../types/index.js';

const PLAIN = 'objects';
const ENCRYPTED = 'objects/sealed';

/** Objects in a store, named by the hash of what lies there. Encrypted where somebody encrypts. */
export function objectsIn(store: Store, encryptionNow: () => Encryption | undefined): Objects {
  return Object.freeze<Objects>({
    async put(bytes) {
      const encryption = encryptionNow();
      const stored = encryption === undefined ? bytes : await encryption.encrypt(Buffer.from(bytes));
      const key = `${encryption === undefined ? PLAIN : ENCRYPTED}/${sha256(stored)}`;
      if ((await store.get(key))?.value.equals(stored) !== true) await store.put(key, stored);
      return key;
    },
    async get(key) {
      const stored = (await store.get(key))?.value;
      if (stored === undefined) throw errors.SHIP_OBJECT_DAMAGED({ key, problem: 'is gone' });
      if (sha256(stored) !== key.slice(key.lastIndexOf('/') + 1)) throw errors.SHIP_OBJECT_DAMAGED({ key, problem: 'is not what it was' });
      if (!key.startsWith(`${ENCRYPTED}/`)) return stored;
      const encryption = encryptionNow();
      if (encryption === undefined) throw errors.SHIP_OBJECT_DAMAGED({ key, problem: 'is encrypted, and nothing here can open it' });
      return encryption.decrypt(key, stored);
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
