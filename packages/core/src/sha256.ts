import { sha256 as ofNoble } from '@noble/hashes/sha2.js';

/** To load Node's `crypto` takes as long as to hash so much here, or so often. */
const MOST_LENGTH = 4096;
const MOST_TIMES = 64;

let times = 0;
let crypto: typeof import('node:crypto') | undefined;

/**
 * The SHA-256 of a text, in hexadecimal. Node's `crypto` is the faster one, but it takes a tenth of the way to a first step
 * to load: the few short texts until then are hashed without it.
 */
export function sha256(data: string | Uint8Array): string {
  times += 1;
  if (data.length > MOST_LENGTH || times > MOST_TIMES) crypto ??= process.getBuiltinModule('node:crypto');
  if (crypto !== undefined) return crypto.hash('sha256', data, 'hex');
  return Buffer.from(ofNoble(typeof data === 'string' ? Buffer.from(data) : data)).toString('hex');
}
