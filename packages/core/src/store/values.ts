import { createHash } from 'node:crypto';
import { errors } from '../errors/catalogue.js';
import { sha256 } from '../ids.js';
import type { Demands, Encryption, HeldObjects, Objects, Store } from '../types/index.js';

const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

/** Refuses keys that could leave the store: each part is a plain name. */
export function checkKey(key: string): string {
  if (key.length > 512 || !KEY.test(key)) throw errors.SHIP_STORE_KEY({ key: key.slice(0, 80) });
  return key;
}

/** The version of a value that `put` compares: it follows from what the value holds. */
export function versionOf(value: Uint8Array): string {
  return sha256(value).slice(0, 32);
}

/** As much is held in memory for a store that takes values only whole. */
const LARGEST_WHOLE = 64 * 1024 ** 2;

/** Writes a stream to any store: whole, up to a limit, where it has no `write`. */
export async function writeStream(
  store: Store,
  source: AsyncIterable<Uint8Array>,
  keyOf: (sha256: string) => string,
  demands?: Pick<Demands, 'lease'>,
): Promise<string> {
  if (store.write) return store.write(source, keyOf, demands);
  const bytes = await collect(source, LARGEST_WHOLE, () => errors.SHIP_OBJECT_TOO_LARGE({ store: store.name, limit: LARGEST_WHOLE }));
  const key = keyOf(sha256(bytes));
  await store.put(key, bytes, demands);
  return key;
}

/** Reads a value of any store piece by piece: in one piece where it has no `read`. */
export async function readStream(store: Store, key: string): Promise<AsyncIterable<Buffer> | undefined> {
  if (store.read) return store.read(key);
  const stored = await store.get(key);
  return stored && inOnePiece(stored.value);
}

/** All of a stream; throws `tooLarge()` as soon as it is longer than `limit` bytes. */
export async function collect(
  source: AsyncIterable<Uint8Array>,
  limit = Number.POSITIVE_INFINITY,
  tooLarge?: () => Error,
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of source) {
    length += piece.length;
    if (length > limit) throw tooLarge?.();
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** A value as a stream. */
export async function* inOnePiece(value: Buffer): AsyncIterable<Buffer> {
  yield value;
}

const PLAIN = 'objects';
const ENCRYPTED = 'objects/sealed';
/** Where what is held is written down. */
const HELD = 'objects/held';

/** Objects in a store, named by the hash of what lies there. Encrypted where somebody encrypts. */
export function objectsIn(store: Store, encryptionNow: () => Encryption | undefined): Objects {
  const read = (key: string) => readObject(store, key, encryptionNow);
  return Object.freeze<Objects>({
    async put(bytes) {
      const encryption = encryptionNow();
      const stored = encryption === undefined ? bytes : await encryption.encrypt(Buffer.from(bytes));
      const key = `${encryption === undefined ? PLAIN : ENCRYPTED}/${sha256(stored)}`;
      if ((await store.get(key))?.value.equals(stored) !== true) await store.put(key, stored);
      return key;
    },
    get: (key) => collect(read(key)),
    async write(source) {
      const encryption = encryptionNow();
      if (encryption === undefined) return writeStream(store, source, (hash) => `${PLAIN}/${hash}`);
      return writeStream(store, encryption.encryptStream(source), (hash) => `${ENCRYPTED}/${hash}`);
    },
    read,
    async hold(owner, keys) {
      const at = `${HELD}/${owner}.json`;
      const { keys: before, dropped } = readHeld((await store.get(at))?.value);
      const now: HeldObjects = { keys, dropped: [...new Set([...dropped, ...before])].filter((key) => !keys.includes(key)) };
      await store.put(at, `${JSON.stringify(now, null, 2)}\n`);
    },
  });
}

async function* readObject(store: Store, key: string, encryptionNow: () => Encryption | undefined): AsyncIterable<Buffer> {
  if (!key.startsWith(`${ENCRYPTED}/`)) return yield* checked(store, key);
  const encryption = encryptionNow();
  if (encryption === undefined) throw errors.SHIP_OBJECT_DAMAGED({ key, problem: 'is encrypted, and nothing here can open it' });
  try {
    for await (const piece of encryption.decryptStream(key, checked(store, key)))
      yield Buffer.from(piece.buffer, piece.byteOffset, piece.length);
  } catch (error) {
    // What cannot be decrypted may be damaged, which says more: its hash tells.
    for await (const _ of checked(store, key));
    throw error;
  }
}

/** What lies there, as long as it may be what its name says: the last piece is followed by the error where it is not. */
async function* checked(store: Store, key: string): AsyncIterable<Buffer> {
  const pieces = await readStream(store, key);
  if (pieces === undefined) throw errors.SHIP_OBJECT_DAMAGED({ key, problem: 'is gone' });
  const hash = createHash('sha256');
  for await (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
  if (hash.digest('hex') !== key.slice(key.lastIndexOf('/') + 1)) throw errors.SHIP_OBJECT_DAMAGED({ key, problem: 'is not what it was' });
}

const readHeld = (value: Buffer | undefined): HeldObjects =>
  value === undefined ? { keys: [], dropped: [] } : (JSON.parse(value.toString('utf8')) as HeldObjects);
