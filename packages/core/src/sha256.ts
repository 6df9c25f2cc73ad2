import { hash } from '@stablelib/sha256';

/** To load Node's `crypto` takes longer than to hash so much without it. */
const MOST_LENGTH = 4096;
/** So many hashes come before a first step acts; the next one is that of the note of its process, when there is time to load `crypto`. */
const MOST_TIMES = 3;

let times = 0;
let crypto: typeof import('node:crypto') | undefined;

/**
 * The SHA-256 of a text, in hexadecimal. Node's `crypto` is the faster one, but it takes a tenth of the way to a first step
 * to load: the few short texts until then are hashed without it. More of them would take longer than the loading.
 */
export function sha256(data: string | Uint8Array): string {
  times += 1;
  if (data.length > MOST_LENGTH || times > MOST_TIMES) crypto ??= process.getBuiltinModule('node:crypto');
  if (crypto !== undefined) return crypto.hash('sha256', data, 'hex');
  return hexOf(hash(typeof data === 'string' ? Buffer.from(data) : data));
}

/** Node's own has to be compiled first. */
function hexOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += (byte < 16 ? '0' : '') + byte.toString(16);
  return text;
}
