import type { Appender, AppenderOptions, Demands, Lease, LeaseHolder, LeaseOwner, Store, Stored } from '../types/index.js';

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

  async tail(key: string, bytes: number): Promise<Buffer | undefined> {
    return this.behind.tail ? this.behind.tail(key, bytes) : (await this.behind.get(key))?.value;
  }

  async changed(key: string): Promise<string> {
    return (await this.behind.changed?.(key)) ?? '';
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
