import type { Appender, Lease, LeaseHolder, LeaseOwner, Store, Stored } from '../types/index.js';

/** The store that the config chooses, for those who are set up before it is chosen. */
export class ChosenStore implements Store {
  #store: Store | undefined;

  choose(store: Store): void {
    this.#store = store;
  }

  get #chosen(): Store {
    if (this.#store === undefined) throw new Error('the store was asked before all plugins were set up');
    return this.#store;
  }

  get name(): string {
    return this.#chosen.name;
  }

  get flags(): Store['flags'] {
    return this.#chosen.flags;
  }

  async get(key: string): Promise<Stored | undefined> {
    return this.#chosen.get(key);
  }

  async put(...given: Parameters<Store['put']>): Promise<{ readonly version: string }> {
    return this.#chosen.put(...given);
  }

  async appender(...given: Parameters<Store['appender']>): Promise<Appender> {
    return this.#chosen.appender(...given);
  }

  async list(prefix: string): Promise<readonly string[]> {
    return this.#chosen.list(prefix);
  }

  async remove(...given: Parameters<Store['remove']>): Promise<void> {
    return this.#chosen.remove(...given);
  }

  async lease(environment: string, owner: LeaseOwner): Promise<Lease> {
    return this.#chosen.lease(environment, owner);
  }

  async leaseOwner(environment: string): Promise<LeaseHolder | undefined> {
    return this.#chosen.leaseOwner(environment);
  }

  async freeLease(environment: string, token: number): Promise<boolean> {
    return this.#chosen.freeLease(environment, token);
  }
}
