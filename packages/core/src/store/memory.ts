import { errors } from '../errors/catalogue.js';
import { sha256 } from '../ids.js';
import type { Appender, AppenderOptions, Demands, Lease, LeaseHolder, LeaseOwner, Store, Stored } from '../types/index.js';
import { LEASE_TTL_MS } from './lease.js';
import { livenessOf } from './liveness.js';
import { checkKey, collect, inOnePiece, versionOf } from './values.js';

interface Held {
  readonly token: number;
  readonly owner: LeaseOwner | undefined;
  readonly unfinished?: LeaseOwner | undefined;
  /** By the monotonic clock. */
  beat: number;
}

/** A store that forgets, for tests and trials. It keeps the same promises but durability. */
export class MemoryStore implements Store {
  readonly name = 'memory';
  readonly flags = { leases: true };
  readonly #values = new Map<string, Buffer>();
  /** How often a stream was cut and taken from who had it open. */
  readonly #streams = new Map<string, number>();
  readonly #leases = new Map<string, Held>();
  readonly #leaseTtlMs: number;

  constructor({ leaseTtlMs = LEASE_TTL_MS }: { leaseTtlMs?: number } = {}) {
    this.#leaseTtlMs = leaseTtlMs;
  }

  async get(key: string): Promise<Stored | undefined> {
    const value = this.#values.get(checkKey(key));
    return value && { value, version: versionOf(value) };
  }

  async put(key: string, value: string | Uint8Array, { ifVersion, lease }: Demands = {}): Promise<{ version: string }> {
    const current = this.#values.get(checkKey(key));
    if (ifVersion === null && current) throw errors.SHIP_STORE_CONFLICT({ key, expected: 'none' });
    if (typeof ifVersion === 'string' && (!current || versionOf(current) !== ifVersion))
      throw errors.SHIP_STORE_CONFLICT({ key, expected: ifVersion });
    if (lease) this.#demandHeld(lease);
    const data = Buffer.from(value);
    this.#values.set(key, data);
    return { version: versionOf(data) };
  }

  async appender(key: string, { end, lease }: AppenderOptions = {}): Promise<Appender> {
    checkKey(key);
    if (end !== undefined) this.#takeStream(key, end);
    const bytes = this.#values.get(key) ?? Buffer.alloc(0);
    this.#values.set(key, bytes);
    const stream = this.#streams.get(key) ?? 0;
    let closed = false;
    let { length } = bytes;
    const add = (data: string) => {
      if (closed) throw errors.SHIP_STORE_CLOSED({ path: key });
      if (lease) this.#demandHeld(lease);
      if ((this.#streams.get(key) ?? 0) !== stream) return;
      const now = this.#values.get(key);
      if (now?.length !== length) throw errors.SHIP_STORE_WRITE_FAILED({ path: key, reason: 'it was removed or changed by somebody else' });
      this.#values.set(key, Buffer.concat([now, Buffer.from(data)]));
      length += Buffer.byteLength(data);
    };
    return {
      append: async (data) => add(data),
      enqueue: (data) => {
        try {
          add(data);
        } catch {
          // The next append says so.
        }
      },
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

  async write(source: AsyncIterable<Uint8Array>, keyOf: (sha256: string) => string, demands?: Pick<Demands, 'lease'>): Promise<string> {
    const bytes = await collect(source);
    const key = keyOf(sha256(bytes));
    await this.put(key, bytes, demands);
    return key;
  }

  async read(key: string): Promise<AsyncIterable<Buffer> | undefined> {
    const value = this.#values.get(checkKey(key));
    return value && inOnePiece(value);
  }

  async remove(key: string, { lease }: Pick<Demands, 'lease'> = {}): Promise<void> {
    if (lease) this.#demandHeld(lease);
    for (const known of this.#values.keys()) if (known === checkKey(key) || known.startsWith(`${key}/`)) this.#values.delete(known);
  }

  async lease(environment: string, owner: LeaseOwner): Promise<Lease> {
    const last = this.#leases.get(environment);
    const holder = this.#holder(environment);
    if (holder && holder.liveness !== 'dead') throw errors.SHIP_LEASE_HELD({ environment, owner: holder });
    const token = (last?.token ?? 0) + 1;
    const previous = last?.owner ?? last?.unfinished;
    this.#leases.set(environment, { owner, token, beat: performance.now() });
    const held = { environment, token };
    return {
      environment,
      owner,
      token,
      ttl_ms: this.#leaseTtlMs,
      ...(previous ? { previous } : {}),
      check: async () => void this.#demandHeld(held),
      renew: async () => {
        this.#demandHeld(held).beat = performance.now();
      },
      release: async (unfinished) => {
        if (this.#leases.get(environment)?.token === token) this.#release(environment, token, unfinished);
      },
    };
  }

  async leaseOwner(environment: string): Promise<LeaseHolder | undefined> {
    return this.#holder(environment);
  }

  #holder(environment: string): LeaseHolder | undefined {
    const held = this.#leases.get(environment);
    if (held?.owner === undefined) return undefined;
    const age = () => Math.round(performance.now() - held.beat);
    return { ...held.owner, token: held.token, ...livenessOf(held.owner, age, this.#leaseTtlMs) };
  }

  async freeLease(environment: string, token: number): Promise<boolean> {
    const held = this.#leases.get(environment);
    if (held?.token !== token || held.owner === undefined) return false;
    this.#release(environment, token, held.owner);
    return true;
  }

  #takeStream(key: string, end: number): void {
    this.#values.set(key, (this.#values.get(key) ?? Buffer.alloc(0)).subarray(0, end));
    this.#streams.set(key, (this.#streams.get(key) ?? 0) + 1);
  }

  #release(environment: string, token: number, unfinished: LeaseOwner | undefined): void {
    this.#leases.set(environment, { owner: undefined, token: token + 1, unfinished, beat: 0 });
  }

  #demandHeld({ environment, token }: Pick<Lease, 'environment' | 'token'>): Held {
    const held = this.#leases.get(environment);
    if (held?.token !== token) throw errors.SHIP_LEASE_LOST({ environment });
    return held;
  }
}
