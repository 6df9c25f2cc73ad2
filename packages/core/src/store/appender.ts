import { closeSync, existsSync, fdatasync, fdatasyncSync, fstatSync, ftruncateSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { FILE_MODE, makeFolder, replaceFile, syncFolder, writeFully } from '@ship/system';
import { errors } from '../errors/catalogue.js';
import { isShipError } from '../errors/ship-error.js';
import type { Appender } from '../types/index.js';

/** What is enqueued waits at most this long for a record to share its fsync with. */
const LINGER_MS = 5;
interface Batch {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

/** How a stream is opened. */
interface Opening {
  /** Leaves the thread free during the fsync; alone, waiting for it is quicker. */
  readonly concurrent?: boolean | undefined;
  /** Where the records end, if what follows is to be cut off. */
  readonly end?: number | undefined;
  /** Throws where nothing may be written any more. */
  readonly demand?: (() => void) | undefined;
}

/**
 * Appends records to a file. All that arrive in one turn of the event loop share one write and one fsync.
 */
export class FileAppender implements Appender {
  readonly #fd: number;
  #pending: string[] = [];
  #batch: Batch | undefined;
  /** Where the records end. */
  #length: number;
  #failure: unknown;
  #linger: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #inFlight: Promise<void> | undefined;

  private constructor(
    readonly path: string,
    private readonly opening: Opening,
    isNew: boolean,
  ) {
    this.#fd = openSync(path, isNew ? 'wx' : 'r+', FILE_MODE);
    this.#length = fstatSync(this.#fd).size;
  }

  /** Opens the file of a stream, and makes it, durably, where there is none. */
  static open(path: string, opening: Opening = {}): FileAppender {
    const { end } = opening;
    makeFolder(dirname(path));
    const isNew = !existsSync(path);
    // A file of its own: who was taken for dead and wakes still has the old one open, and writes into that.
    if (end !== undefined && !isNew) replaceFile(path, readFileSync(path).subarray(0, end));
    const appender = new FileAppender(path, opening, isNew);
    if (isNew) syncFolder(dirname(path));
    return appender;
  }

  append(data: string): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#pending.push(data);
    this.#batch ??= newBatch();
    if (this.#inFlight === undefined) this.#immediate ??= setImmediate(() => this.#flush());
    return this.#batch.promise;
  }

  enqueue(data: string): void {
    if (this.#failure !== undefined) return;
    this.#pending.push(data);
    this.#linger ??= setTimeout(() => this.#flush(), LINGER_MS);
  }

  async close(): Promise<void> {
    this.#flush();
    while (this.#inFlight !== undefined) await this.#inFlight;
    closeSync(this.#fd);
    if (this.#failure === undefined) this.#failure = errors.SHIP_STORE_CLOSED({ path: this.path });
    else throw this.#failure;
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
      this.opening.demand?.();
      this.#demandUntouched();
      writeFully(this.#fd, data, this.#length);
      if (this.opening.concurrent) {
        this.#syncBeside(data.length, batch);
        return;
      }
      fdatasyncSync(this.#fd);
      this.#settle(undefined, data.length, batch);
    } catch (cause) {
      this.#settle(cause, 0, batch);
    }
  }

  /** What is written to a file that was removed, replaced or shortened is lost, and nobody would notice. */
  #demandUntouched(): void {
    const { ino, size } = fstatSync(this.#fd);
    const there = statSync(this.path, { throwIfNoEntry: false });
    if (there === undefined) throw new Error('it was removed by somebody else');
    if (there.ino !== ino || size !== this.#length) throw new Error('it was changed by somebody else');
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
    this.#failure = isShipError(cause)
      ? cause
      : errors.SHIP_STORE_WRITE_FAILED(
          { path: this.path, reason: (cause as NodeJS.ErrnoException).code ?? (cause as Error).message },
          { cause },
        );
    // Of a file that is not as it was left nothing is ours to cut.
    if (!(cause as NodeJS.ErrnoException).code?.startsWith('E')) return;
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
