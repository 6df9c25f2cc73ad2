import type { Demands, Lease, LeaseOwner, Store } from '../types/index.js';
import { ForwardingStore } from './forwarding.js';

/**
 * A store whose writes are fenced: while a lease is held through it, whatever anybody puts or removes
 * demands that lease, so that nobody can forget to. Streams are not: each belongs to the run that writes it.
 */
export class FencedStore extends ForwardingStore {
  #lease: Lease | undefined;

  constructor(protected readonly behind: Store) {
    super();
  }

  override put(key: string, value: string | Uint8Array, demands: Demands = {}): Promise<{ readonly version: string }> {
    return super.put(key, value, this.#fenced(demands));
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
