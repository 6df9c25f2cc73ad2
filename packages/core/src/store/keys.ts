import { errors } from '../errors/catalogue.js';
import { sha256 } from '../ids.js';

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
