import { errors } from '../errors/catalogue.js';
import type { Appender, AppenderOptions, Lease, LeaseOwner, Store, Stored } from '../types/index.js';
import { checkKey, versionOf } from './keys.js';

/** A store that forgets, for tests and trials. It keeps the same promises but durability. */
export class MemoryStore implements Store {
  readonly name = 'memory';
  readonly flags = { leases: true };
  readonly #values = new Map<string, Buffer>();
  readonly #leases = new Map<string, { owner: LeaseOwner | undefined; token: number }>();

  async get(key: string): Promise<Stored | undefined> {
    const value = this.#values.get(checkKey(key));
    return value && { value, version: versionOf(value) };
  }

  async put(key: string, value: string | Uint8Array, options: { ifVersion?: string | null } = {}): Promise<{ version: string }> {
    const current = this.#values.get(checkKey(key));
    const { ifVersion } = options;
    if (ifVersion === null && current) throw errors.SHIP_STORE_CONFLICT({ key, expected: 'none' });
    if (typeof ifVersion === 'string' && (!current || versionOf(current) !== ifVersion))
      throw errors.SHIP_STORE_CONFLICT({ key, expected: ifVersion });
    const data = Buffer.from(value);
    this.#values.set(key, data);
    return { version: versionOf(data) };
  }

  async appender(key: string, { end }: AppenderOptions = {}): Promise<Appender> {
    checkKey(key);
    let closed = false;
    const add = (data: string) => {
      if (closed) throw errors.SHIP_STORE_CLOSED({ path: key });
      this.#values.set(key, Buffer.concat([this.#values.get(key) ?? Buffer.alloc(0), Buffer.from(data)]));
    };
    this.#values.set(key, (this.#values.get(key) ?? Buffer.alloc(0)).subarray(0, end));
    return {
      append: async (data) => add(data),
      enqueue: add,
      close: async () => {
        closed = true;
      },
    };
  }

  async list(prefix: string): Promise<readonly string[]> {
    const depth = prefix.split('/').length;
    const keys = [...this.#values.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.split('/').slice(0, depth).join('/'));
    return [...new Set(keys)].sort();
  }

  async remove(key: string): Promise<void> {
    for (const known of this.#values.keys()) if (known === checkKey(key) || known.startsWith(`${key}/`)) this.#values.delete(known);
  }

  async lease(environment: string, owner: LeaseOwner): Promise<Lease> {
    const current = this.#leases.get(environment);
    if (current?.owner) throw errors.SHIP_LEASE_HELD({ environment, owner: current.owner });
    const token = (current?.token ?? 0) + 1;
    this.#leases.set(environment, { owner, token });
    return {
      owner,
      token,
      check: async () => {
        if (this.#leases.get(environment)?.token !== token) throw errors.SHIP_LEASE_LOST({ environment });
      },
      release: async () => {
        if (this.#leases.get(environment)?.token === token) this.#leases.set(environment, { owner: undefined, token: token + 1 });
      },
    };
  }

  async leaseOwner(environment: string): Promise<LeaseOwner | undefined> {
    return this.#leases.get(environment)?.owner;
  }
}
