import { errors } from '../errors/catalogue.js';

const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Refuses keys that could leave the store: each part is a plain name. */
export function checkKey(key: string): string {
  if (key.length > 512 || !key.split('/').every((part) => SEGMENT.test(part))) throw errors.SHIP_STORE_KEY({ key: key.slice(0, 80) });
  return key;
}
