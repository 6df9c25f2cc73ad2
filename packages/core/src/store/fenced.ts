import type { Appender, AppenderOptions, Demands, Lease, LeaseHolder, LeaseOwner, Store, Stored } from '../types/index.js';

/**
 * A store whose writes are fenced: while a lease is held through it, whatever anybody puts or removes
 * demands that lease, so that nobody can forget to. Streams are not: each belongs to the run that writes it.
 */
export class FencedStore implements Store {
  #lease: Lease | undefined;

  constructor(private readonly store: Store) {}

  get name(): string {
    return this.store.name;
  }

  get flags(): Store['flags'] {
    return this.store.flags;
  }

  get(key: string): Promise<Stored | undefined> {
    return this.store.get(key);
  }

  put(key: string, value: string | Uint8Array, demands: Demands = {}): Promise<{ readonly version: string }> {
    return this.store.put(key, value, this.#fenced(demands));
  }

  appender(key: string, options?: AppenderOptions): Promise<Appender> {
    return this.store.appender(key, options);
  }

  list(prefix: string): Promise<readonly string[]> {
    return this.store.list(prefix);
  }

  remove(key: string, demands: Pick<Demands, 'lease'> = {}): Promise<void> {
    return this.store.remove(key, this.#fenced(demands));
  }

  async lease(environment: string, owner: LeaseOwner): Promise<Lease> {
    const lease = await this.store.lease(environment, owner);
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

  leaseOwner(environment: string): Promise<LeaseHolder | undefined> {
    return this.store.leaseOwner(environment);
  }

  freeLease(environment: string, token: number): Promise<boolean> {
    return this.store.freeLease(environment, token);
  }

  #fenced(demands: Demands): Demands {
    return this.#lease === undefined ? demands : { lease: this.#lease, ...demands };
  }
}
