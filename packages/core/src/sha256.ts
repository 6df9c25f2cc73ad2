import { sha256 as ofNoble } from '@noble/hashes/sha2.js';

/** To load Node's `crypto` takes as long as to hash so much here, or so often. */
const MOST_BYTES = 4096;
const MOST_TIMES = 64;

let times = 0;
let crypto: typeof import('node:crypto') | undefined;

/**
 * The SHA-256 of a text, in hexadecimal. Node's `crypto` is the faster one, but it takes a tenth of the way to a first step
 * to load: the few short texts until then are hashed without it.
 */
export function sha256(data: string | Uint8Array): string {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  times += 1;
  if (bytes.length > MOST_BYTES || times > MOST_TIMES) crypto ??= process.getBuiltinModule('node:crypto');
  if (crypto !== undefined) return crypto.createHash('sha256').update(bytes).digest('hex');
  return Buffer.from(ofNoble(bytes)).toString('hex');
}
