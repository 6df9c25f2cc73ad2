import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isTemporary, replaceFile } from '@ship/system';
import { isShipError } from '../errors/ship-error.js';
import type { Appender, AppenderOptions, Demands, Lease, LeaseOwner, Store } from '../types/index.js';
import { versionOf } from './values.js';
import { ForwardingStore } from './wrappers.js';

/** The end of a record stream is kept under its key with this after it. */
const TAIL = '.tail';

/** Something that the store would not take. */
export interface Spooled {
  /** The run that wrote it. */
  readonly run: string;
  /** Where it belongs in the store. */
  readonly key: string;
  /** The whole value, or the records that the stream lacks. */
  readonly kind: 'value' | 'tail';
}

/** A folder beside the working tree for what the store would not take, until it is brought home. Folders 0700, files 0600. */
export class Spool {
  /** What has been kept since this process began, by key. */
  readonly kept = new Set<string>();

  constructor(readonly folder: string) {}

  /** Keeps it durably; a later one under the same key replaces it. */
  keep(spooled: Spooled, data: Uint8Array): void {
    replaceFile(this.#path(spooled), data);
    this.kept.add(spooled.key);
  }

  /** All that waits, oldest run first. */
  list(): Spooled[] {
    return filesBelow(this.folder)
      .map((path) => relative(this.folder, path))
      .filter((path) => !isTemporary(path))
      .sort()
      .map((path) => {
        const [run, ...rest] = path.split('/');
        const key = rest.join('/');
        return key.endsWith(TAIL)
          ? { run: run!, key: key.slice(0, -TAIL.length), kind: 'tail' as const }
          : { run: run!, key, kind: 'value' as const };
      });
  }

  read(spooled: Spooled): Buffer {
    return readFileSync(this.#path(spooled));
  }

  /** It is home; folders that are left empty go, too. */
  remove(spooled: Spooled): void {
    rmSync(this.#path(spooled), { force: true });
    if (filesBelow(join(this.folder, spooled.run)).length === 0) rmSync(join(this.folder, spooled.run), { recursive: true, force: true });
    if (filesBelow(this.folder).length === 0) rmSync(this.folder, { recursive: true, force: true });
  }

  #path({ run, key, kind }: Spooled): string {
    return join(this.folder, run, kind === 'tail' ? `${key}${TAIL}` : key);
  }
}

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path) : [path];
    });
  } catch {
    return [];
  }
}

/**
 * A store that loses nothing: what the store behind it does not take is kept in the spool. A failed append
 * still rejects, so that no step starts after it; a value that was kept counts as written. Streams are not kept: they may
 * be of any size, and a step that cannot capture has not acted yet.
 */
export class SpoolingStore extends ForwardingStore {
  #run: string | undefined;

  constructor(
    protected readonly behind: Store,
    private readonly spool: Spool,
  ) {
    super();
  }

  override async put(key: string, value: string | Uint8Array, options?: Demands): Promise<{ readonly version: string }> {
    try {
      return await super.put(key, value, options);
    } catch (error) {
      // A comparison with another version that cannot be made, or does not hold, is no failed save.
      if (this.#run === undefined || typeof options?.ifVersion === 'string' || !isFailedWrite(error)) throw error;
      const data = Buffer.from(value);
      if (!this.#keep(this.#run, key, 'value', data)) throw error;
      return { version: versionOf(data) };
    }
  }

  override async appender(key: string, options?: AppenderOptions): Promise<Appender> {
    const appender = await super.appender(key, options);
    const run = this.#run;
    return run === undefined ? appender : new SpoolingAppender(appender, (data) => this.#keep(run, key, 'tail', Buffer.from(data)));
  }

  override async lease(environment: string, owner: LeaseOwner): Promise<Lease> {
    const lease = await super.lease(environment, owner);
    this.#run = owner.run;
    return lease;
  }

  /** The disk that is full for the store may be full for the spool, too. */
  #keep(run: string, key: string, kind: 'value' | 'tail', data: Uint8Array): boolean {
    try {
      this.spool.keep({ run, key, kind }, data);
      return true;
    } catch {
      return false;
    }
  }
}

const isFailedWrite = (error: unknown): boolean => !isShipError(error) || error.code === 'SHIP_STORE_WRITE_FAILED';

/** Remembers what is not known to be durable, and keeps it where the stream breaks. */
class SpoolingAppender implements Appender {
  #unsaved: string[] = [];
  #saved = 0;

  constructor(
    private readonly appender: Appender,
    private readonly keep: (data: string) => void,
  ) {}

  append(data: string): Promise<void> {
    const count = this.#saved + this.#unsaved.push(data);
    return this.appender.append(data).then(
      () => this.#settle(count),
      (error: unknown) => this.#fail(error),
    );
  }

  enqueue(data: string): void {
    this.#unsaved.push(data);
    this.appender.enqueue(data);
  }

  close(): Promise<void> {
    return this.appender.close().catch((error: unknown) => this.#fail(error));
  }

  /** All up to this one is durable: records are in order. */
  #settle(count: number): void {
    if (count <= this.#saved) return;
    this.#unsaved = this.#unsaved.slice(count - this.#saved);
    this.#saved = count;
  }

  #fail(error: unknown): never {
    if (this.#unsaved.length > 0 && isFailedWrite(error)) this.keep(this.#unsaved.join(''));
    throw error;
  }
}
