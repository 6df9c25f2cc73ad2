import { closeSync, existsSync, fdatasync, fdatasyncSync, fstatSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errors } from '../errors/catalogue.js';
import type { Appender } from '../types/index.js';
import { FILE_MODE, makeFolderBeside, replaceFile, syncFolderBeside, writeFully } from './durable.js';

/** What is enqueued waits at most this long for a record to share its fsync with. */
const LINGER_MS = 5;
/** A stream that was flushed this often will be long: from then on its room is made beforehand. */
const FLUSHES_BEFORE_ROOM = 16;
/** How much room is made at a time. */
const ROOM = 256 * 1024;
let zeros: Buffer | undefined;

interface Batch {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Appends records to a file. All that arrive in one turn of the event loop share one write and one fsync.
 * `concurrent` leaves the thread free during the fsync; alone, waiting for it is quicker.
 *
 * A long stream is written into room that was filled with zeros before: an fsync that changes no length of
 * a file costs a third less. So a file that was not closed ends in zeros; readers take them for room.
 */
export class FileAppender implements Appender {
  readonly #fd: number;
  #pending: string[] = [];
  #batch: Batch | undefined;
  /** Where the records end. */
  #length: number;
  /** Where the file ends. */
  #allocated: number;
  #flushes = 0;
  #failure: unknown;
  #linger: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #inFlight: Promise<void> | undefined;
  /** Until the names of the file and of its folders are durable. */
  #naming: Promise<void> | undefined;

  private constructor(
    readonly path: string,
    private readonly concurrent: boolean,
    isNew: boolean,
  ) {
    this.#fd = openSync(path, isNew ? 'wx' : 'r+', FILE_MODE);
    this.#length = fstatSync(this.#fd).size;
    this.#allocated = this.#length;
  }

  /**
   * Opens the file of a stream, and makes it where there is none. `end` is where the records end, if what follows is to be cut off.
   * The names of the file and of its folders become durable side by side, while the process can do other things: the first
   * `append` waits for them.
   */
  static async open(path: string, concurrent = false, end?: number): Promise<FileAppender> {
    const folder = dirname(path);
    const made = makeFolderBeside(folder);
    // Heard below; until then it may fail.
    made.catch(() => {});
    const isNew = !existsSync(path);
    // A file of its own: who was taken for dead and wakes still has the old one open, and writes into that.
    if (end !== undefined && !isNew) replaceFile(path, readFileSync(path).subarray(0, end));
    const appender = new FileAppender(path, concurrent, isNew);
    appender.#name(Promise.all([made, isNew ? syncFolderBeside(folder) : undefined]));
    return appender;
  }

  append(data: string): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#pending.push(data);
    this.#batch ??= newBatch();
    if (this.#inFlight === undefined) this.#immediate ??= setImmediate(() => this.#flush());
    const { promise } = this.#batch;
    return this.#naming === undefined ? promise : Promise.all([promise, this.#naming]).then(() => {});
  }

  enqueue(data: string): void {
    if (this.#failure !== undefined) return;
    this.#pending.push(data);
    this.#linger ??= setTimeout(() => this.#flush(), LINGER_MS);
  }

  async close(): Promise<void> {
    this.#flush();
    while (this.#inFlight !== undefined) await this.#inFlight;
    await this.#naming?.catch(() => {});
    if (this.#failure === undefined) this.#cutRoom();
    closeSync(this.#fd);
    if (this.#failure === undefined) this.#failure = errors.SHIP_STORE_CLOSED({ path: this.path });
    else throw this.#failure;
  }

  #name(named: Promise<unknown>): void {
    this.#naming = named.then(
      () => {
        this.#naming = undefined;
      },
      (cause) => {
        this.#poison(cause);
        throw this.#failure;
      },
    );
    // Heard by `append` and `close`.
    this.#naming.catch(() => {});
  }

  #flush(): void {
    if (this.#inFlight !== undefined) return;
    clearTimeout(this.#linger);
    clearImmediate(this.#immediate);
    this.#linger = undefined;
    this.#immediate = undefined;
    const batch = this.#batch;
    this.#batch = undefined;
    if (this.#pending.length === 0) {
      batch?.resolve();
      return;
    }
    const data = Buffer.from(this.#pending.join(''));
    this.#pending = [];
    try {
      this.#makeRoom(data.length);
      writeFully(this.#fd, data, this.#length);
      if (this.concurrent) {
        this.#syncBeside(data.length, batch);
        return;
      }
      fdatasyncSync(this.#fd);
      this.#settle(undefined, data.length, batch);
    } catch (cause) {
      this.#settle(cause, 0, batch);
    }
  }

  /** The zeros become durable with the records that are written into them. */
  #makeRoom(needed: number): void {
    this.#flushes += 1;
    if (this.#flushes < FLUSHES_BEFORE_ROOM || this.#length + needed <= this.#allocated) return;
    // Made when the first stream is long: most processes append to none.
    zeros ??= Buffer.alloc(ROOM);
    writeFully(this.#fd, zeros, this.#length);
    this.#allocated = this.#length + ROOM;
  }

  /** What is left of the room goes; if that fails, the zeros stay and harm nobody. */
  #cutRoom(): void {
    if (this.#allocated <= this.#length) return;
    try {
      ftruncateSync(this.#fd, this.#length);
      fdatasyncSync(this.#fd);
    } catch {
      // As said above.
    }
  }

  /** Others may work on while the disk does; what they append meanwhile waits for the next turn. */
  #syncBeside(length: number, batch: Batch | undefined): void {
    this.#inFlight = new Promise((resolve) => {
      fdatasync(this.#fd, (cause) => {
        this.#inFlight = undefined;
        this.#settle(cause ?? undefined, length, batch);
        if (this.#pending.length > 0) this.#flush();
        resolve();
      });
    });
  }

  #settle(cause: unknown, length: number, batch: Batch | undefined): void {
    if (cause === undefined) {
      this.#length += length;
      batch?.resolve();
      return;
    }
    this.#poison(cause);
    batch?.reject(this.#failure);
  }

  /** After a failed write or fsync nobody knows what the disk holds: cut back to what is known, take nothing more. */
  #poison(cause: unknown): void {
    this.#failure = errors.SHIP_STORE_WRITE_FAILED(
      { path: this.path, reason: (cause as NodeJS.ErrnoException).code ?? String(cause) },
      { cause },
    );
    try {
      ftruncateSync(this.#fd, this.#length);
    } catch {
      // The torn tail is recognised by its frame when the journal is read.
    }
  }
}

function newBatch(): Batch {
  let resolve!: () => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
