import { isShipError } from '../errors/ship-error.js';
import type { Appender, AppenderOptions, Demands, Lease, LeaseHolder, LeaseOwner, Store, Stored } from '../types/index.js';
import { versionOf } from './keys.js';
import type { Spool } from './spool.js';

/**
 * A store that loses nothing: what the store behind it does not take is kept in the spool. A failed append
 * still rejects, so that no step starts after it; a value that was kept counts as written.
 */
export class SpoolingStore implements Store {
  #run: string | undefined;

  constructor(
    private readonly store: Store,
    private readonly spool: Spool,
  ) {}

  get name(): string {
    return this.store.name;
  }

  get flags(): Store['flags'] {
    return this.store.flags;
  }

  get(key: string): Promise<Stored | undefined> {
    return this.store.get(key);
  }

  async put(key: string, value: string | Uint8Array, options?: Parameters<Store['put']>[2]): Promise<{ readonly version: string }> {
    try {
      return await this.store.put(key, value, options);
    } catch (error) {
      // A comparison that cannot be made, or does not hold, is no failed save.
      if (this.#run === undefined || options?.ifVersion !== undefined || !isFailedWrite(error)) throw error;
      const data = Buffer.from(value);
      if (!this.#keep(this.#run, key, 'value', data)) throw error;
      return { version: versionOf(data) };
    }
  }

  async appender(key: string, options?: AppenderOptions): Promise<Appender> {
    const appender = await this.store.appender(key, options);
    const run = this.#run;
    return run === undefined ? appender : new SpoolingAppender(appender, (data) => this.#keep(run, key, 'tail', Buffer.from(data)));
  }

  list(prefix: string): Promise<readonly string[]> {
    return this.store.list(prefix);
  }

  remove(key: string, demands?: Pick<Demands, 'lease'>): Promise<void> {
    return this.store.remove(key, demands);
  }

  async lease(environment: string, owner: LeaseOwner): Promise<Lease> {
    const lease = await this.store.lease(environment, owner);
    this.#run = owner.run;
    return lease;
  }

  leaseOwner(environment: string): Promise<LeaseHolder | undefined> {
    return this.store.leaseOwner(environment);
  }

  freeLease(environment: string, token: number): Promise<boolean> {
    return this.store.freeLease(environment, token);
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
