/** More pieces than that are made one, because each takes room beside what it holds. */
const PIECES = 256;

/** The first and the last bytes of a stream, in bounded memory. */
export class HeadAndTail {
  readonly #half: number;
  #head: Buffer | undefined;
  /** What follows the head; everything, while there is none. */
  #tail: Buffer[] = [];
  #tailLength = 0;
  #total = 0;

  /** Up to `maxBytes` all is kept; of more, a half at each end. */
  constructor(maxBytes: number) {
    this.#half = Math.max(1, Math.ceil(maxBytes / 2));
  }

  add(bytes: Buffer): void {
    this.#tail.push(bytes);
    this.#tailLength += bytes.length;
    this.#total += bytes.length;
    if (this.#tailLength > 2 * this.#half || this.#tail.length > PIECES) this.#compact();
  }

  #compact(): void {
    let all = Buffer.concat(this.#tail);
    if (this.#total > 2 * this.#half) {
      // Copies, so that what is left out is not held by what is kept.
      this.#head ??= Buffer.from(all.subarray(0, this.#half));
      all = Buffer.from(all.subarray(-this.#half));
    }
    this.#tail = [all];
    this.#tailLength = all.length;
  }

  /** All of it, or head and tail with a line in between that says how much is missing. */
  text(): { text: string; truncated: boolean } {
    this.#compact();
    const [tail] = this.#tail as [Buffer];
    if (this.#head === undefined) return { text: tail.toString(), truncated: false };
    return { text: joined(this.#head, tail, this.#total), truncated: true };
  }
}

/** Cuts at line ends where there are some, so that neither a character nor a word is torn. */
function joined(head: Buffer, tail: Buffer, total: number): string {
  const before = head.subarray(0, head.lastIndexOf(10) + 1 || head.length);
  const after = tail.subarray(tail.indexOf(10) === tail.length - 1 ? 0 : tail.indexOf(10) + 1);
  const missing = total - before.length - after.length;
  return `${before.toString().replace(/\n?$/, '\n')}[… ${missing} bytes left out …]\n${after.toString()}`;
}
