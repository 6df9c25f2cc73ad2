import { closeSync, fstatSync, ftruncateSync, readSync } from 'node:fs';
import { takeScratch } from './scratch.js';

const BACKLOG = 16 * 1024 ** 2;
/** How often what was written while the end was read is read, too, before a file is emptied. */
const CATCHES_UP = 20;
/** Most outputs fit: one read tells what there is and that there is no more. */
const shared = Buffer.allocUnsafeSlow(16 * 1024);

/** One stream of a command: a scratch file, of which head and tail are kept. */
export class Capture {
  readonly fd = takeScratch();
  readonly #half: number;
  #head: Buffer | undefined;
  #tail: Buffer | undefined;
  /** Bytes that were let go when the file was emptied. */
  #dropped = 0;
  #seen = 0;
  /** The size at which a file that is too big became quiet. */
  #quietAt = 0;

  constructor(maxBytes: number) {
    this.#half = Math.max(1, Math.ceil(maxBytes / 2));
  }

  /** How many bytes are in the file now. */
  size(): number {
    return fstatSync(this.fd).size;
  }

  /** By how many bytes the file has grown since this was asked before. */
  grown(): number {
    const size = this.size();
    const grown = size - this.#seen;
    this.#seen = size;
    // A command may empty the file itself, by opening /dev/stdout anew.
    return grown < 0 ? size : grown;
  }

  /** Reads up to `length` bytes from `position`; fewer at the end. */
  read(position: number, length: number): Buffer {
    const buffer = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const got = readSync(this.fd, buffer, filled, length - filled, position + filled);
      if (got === 0) break;
      filled += got;
    }
    return buffer.subarray(0, filled);
  }

  /**
   * Empties the file when it has grown too big, and returns the size it had. Positions start at 0 again.
   *
   * What is written between the last look and the emptying is lost. Of a command that goes on and on nobody misses it, but
   * whoever pauses may be about to say the last word: what has just become quiet is left alone until it has gone on for long.
   */
  trim(): number {
    const size = this.size();
    if (size <= this.#quietAt + BACKLOG) return 0;
    const head = this.#head ?? this.read(0, this.#half);
    let tail = this.read(Math.max(0, size - this.#half), this.#half);
    let end = size;
    let now = this.size();
    for (let tries = 0; now > end && tries < CATCHES_UP; tries++, now = this.size()) {
      const fresh = this.read(Math.max(end, now - this.#half), Math.min(now - end, this.#half));
      tail = Buffer.concat([tail, fresh]).subarray(-this.#half);
      end = now;
    }
    const wasQuiet = this.#quietAt > 0;
    this.#quietAt = now === end && !wasQuiet ? end : 0;
    if (this.#quietAt > 0) return 0;
    ftruncateSync(this.fd, 0);
    this.#head = head;
    this.#tail = tail;
    this.#dropped += end;
    this.#seen = 0;
    return end;
  }

  /** What was written: all of it, or head and tail with a line in between that says how much is missing. */
  text(): { text: string; truncated: boolean } {
    return this.#short() ?? this.#long();
  }

  #short(): { text: string; truncated: boolean } | undefined {
    if (this.#head !== undefined) return undefined;
    const got = readSync(this.fd, shared, 0, shared.length, 0);
    if (got === shared.length || got > 2 * this.#half) return undefined;
    return { text: got === 0 ? '' : shared.toString('utf8', 0, got), truncated: false };
  }

  #long(): { text: string; truncated: boolean } {
    const size = this.size();
    if (this.#head === undefined && size <= 2 * this.#half) return { text: this.read(0, size).toString(), truncated: false };
    const head = this.#head ?? this.read(0, this.#half);
    const fresh = this.read(Math.max(0, size - this.#half), Math.min(size, this.#half));
    const tail = Buffer.concat([this.#tail ?? Buffer.alloc(0), fresh]).subarray(-this.#half);
    return { text: joined(head, tail, this.#dropped + size), truncated: true };
  }

  /** Frees the file, off the way of whoever waits for the result. */
  close(): void {
    setImmediate(closeSync, this.fd);
  }
}

/** Cuts at line ends where there are some, so that neither a character nor a word is torn. */
function joined(head: Buffer, tail: Buffer, total: number): string {
  const before = head.subarray(0, head.lastIndexOf(10) + 1 || head.length);
  const after = tail.subarray(tail.indexOf(10) === tail.length - 1 ? 0 : tail.indexOf(10) + 1);
  const missing = total - before.length - after.length;
  return `${before.toString().replace(/\n?$/, '\n')}[… ${missing} bytes left out …]\n${after.toString()}`;
}
