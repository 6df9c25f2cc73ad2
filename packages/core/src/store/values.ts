import { errors } from '../errors/catalogue.js';
import { sha256 } from '../ids.js';
import type { Demands, Store } from '../types/index.js';

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
