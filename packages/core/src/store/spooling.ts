import { isShipError } from '../errors/ship-error.js';
import type { Appender, AppenderOptions, Demands, Lease, LeaseOwner, Store } from '../types/index.js';
import { ForwardingStore } from './forwarding.js';
import { versionOf } from './keys.js';
import type { Spool } from './spool.js';

/**
 * A store that loses nothing: what the store behind it does not take is kept in the spool. A failed append
 * still rejects, so that no step starts after it; a value that was kept counts as written.
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
      // A comparison that cannot be made, or does not hold, is no failed save.
      if (this.#run === undefined || options?.ifVersion !== undefined || !isFailedWrite(error)) throw error;
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
    if (this.#unsaved.length > 0) this.keep(this.#unsaved.join(''));
    throw error;
  }
}
