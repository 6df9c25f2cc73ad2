import type { Appender, AppenderOptions, Demands, Lease, LeaseHolder, LeaseOwner, Store, Stored } from '../types/index.js';
import { readStream, writeStream } from './values.js';

/** A store in front of another: what a subclass does not do in its own way is asked of that one. */
export abstract class ForwardingStore implements Store {
  /** The store behind it. */
  protected abstract readonly behind: Store;

  get name(): string {
    return this.behind.name;
  }

  get flags(): Store['flags'] {
    return this.behind.flags;
  }

  async get(key: string): Promise<Stored | undefined> {
    return this.behind.get(key);
  }

  async put(key: string, value: string | Uint8Array, demands?: Demands): Promise<{ readonly version: string }> {
    return this.behind.put(key, value, demands);
  }

  async appender(key: string, options?: AppenderOptions): Promise<Appender> {
    return this.behind.appender(key, options);
  }

  async list(prefix: string): Promise<readonly string[]> {
    return this.behind.list(prefix);
  }

  async write(source: AsyncIterable<Uint8Array>, keyOf: (sha256: string) => string, demands?: Pick<Demands, 'lease'>): Promise<string> {
    return writeStream(this.behind, source, keyOf, demands);
  }

  async read(key: string): Promise<AsyncIterable<Buffer> | undefined> {
    return readStream(this.behind, key);
  }

  async remove(key: string, demands?: Pick<Demands, 'lease'>): Promise<void> {
    return this.behind.remove(key, demands);
  }

  async lease(environment: string, owner: LeaseOwner): Promise<Lease> {
    return this.behind.lease(environment, owner);
  }

  async leaseOwner(environment: string): Promise<LeaseHolder | undefined> {
    return this.behind.leaseOwner(environment);
  }

  async freeLease(environment: string, token: number): Promise<boolean> {
    return this.behind.freeLease(environment, token);
  }
}

/** The store that the config chooses, for those who are set up before it is chosen. */
export class ChosenStore extends ForwardingStore {
  #store: Store | undefined;

  choose(store: Store): void {
    this.#store = store;
  }

  protected get behind(): Store {
    if (this.#store === undefined) throw new Error('the store was asked before all plugins were set up');
    return this.#store;
  }
}

/**
 * A store whose writes are fenced: while a lease is held through it, whatever anybody puts or removes
 * demands that lease, so that nobody can forget to: nothing comes from a holder that was stopped past its lease, and wakes.
 */
export class FencedStore extends ForwardingStore {
  #lease: Lease | undefined;

  constructor(protected readonly behind: Store) {
    super();
  }

  override put(key: string, value: string | Uint8Array, demands: Demands = {}): Promise<{ readonly version: string }> {
    return super.put(key, value, this.#fenced(demands));
  }

  override appender(key: string, options?: AppenderOptions): Promise<Appender> {
    return super.appender(key, this.#lease === undefined ? options : { ...options, lease: this.#lease });
  }

  override write(
    source: AsyncIterable<Uint8Array>,
    keyOf: (sha256: string) => string,
    demands: Pick<Demands, 'lease'> = {},
  ): Promise<string> {
    return super.write(source, keyOf, this.#fenced(demands));
  }

  override remove(key: string, demands: Pick<Demands, 'lease'> = {}): Promise<void> {
    return super.remove(key, this.#fenced(demands));
  }

  override async lease(environment: string, owner: LeaseOwner): Promise<Lease> {
    const lease = await super.lease(environment, owner);
    this.#lease = lease;
    const { token, ttl_ms, previous } = lease;
    return {
      environment,
      owner: lease.owner,
      token,
      ttl_ms,
      ...(previous ? { previous } : {}),
      check: () => lease.check(),
      renew: () => lease.renew(),
      release: async (unfinished) => {
        if (this.#lease === lease) this.#lease = undefined;
        await lease.release(unfinished);
      },
    };
  }

  #fenced(demands: Demands): Demands {
    return this.#lease === undefined ? demands : { lease: this.#lease, ...demands };
  }
}
