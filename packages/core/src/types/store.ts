/** A value and the version that `put` compares. */
export interface Stored {
  /** As it was put, bytes and all. */
  readonly value: Buffer;
  /** Differs where the value does. */
  readonly version: string;
}

/** Appends records durably. Records that are appended together share one fsync. */
export interface Appender {
  /** Resolves when `data` is durable. An error is final: the appender takes nothing after one. */
  append(data: string): Promise<void>;
  /** Takes `data` along with the next `append`, without waiting. */
  enqueue(data: string): void;
  /** Resolves when all that was enqueued is durable. It takes nothing afterwards. */
  close(): Promise<void>;
}

/** How a record stream is opened. */
export interface AppenderOptions {
  /** Several will append side by side. */
  readonly concurrent?: boolean;
  /** Bytes: what follows there is cut off first. */
  readonly end?: number;
}

/** Who holds an environment. */
export interface LeaseOwner {
  /** The id of the run. */
  readonly run: string;
  /** Who started it. */
  readonly user: string;
  /** On which machine. */
  readonly host: string;
  /** As which process. */
  readonly pid: number;
  /** When the process started, so that a recycled pid is not taken for it. */
  readonly process_started: string;
  /** Of the machine since it was started: pids of an earlier one are dead. */
  readonly boot_id: string;
  /** The command line, redacted. */
  readonly command: string;
  /** ISO 8601 UTC. */
  readonly since: string;
}

/** The right to change an environment. */
export interface Lease {
  /** Who holds it. */
  readonly owner: LeaseOwner;
  /** Only grows. Every write of the holder may be compared with it. */
  readonly token: number;
  /** Who held it before and died without giving it back. */
  readonly previous?: LeaseOwner;
  /** Throws when the lease has been taken over. */
  check(): Promise<void>;
  /** Gives it back. Harmless where it was taken over. */
  release(): Promise<void>;
}

/**
 * Where journals, snapshots and leases live. Keys are relative paths with `/`,
 * such as `snapshots/production/latest.json`.
 */
export interface Store {
  /** What kind of store it is. */
  readonly name: string;
  /** What the store cannot do. Asking for it throws. */
  readonly flags: { readonly leases: boolean };
  /** undefined where there is none. An error is SHIP_STORE_READ_FAILED. */
  get(key: string): Promise<Stored | undefined>;
  /**
   * Replaces a value, whole and durable.
   * `ifVersion: null` demands that there is none yet; a string demands that version. Else SHIP_STORE_CONFLICT.
   */
  put(key: string, value: string | Uint8Array, options?: { readonly ifVersion?: string | null }): Promise<{ readonly version: string }>;
  /**
   * Opens a record stream, which is created where there is none. `concurrent`: several will append side by side.
   * `end`, in bytes: whatever follows there, such as a torn record, is cut off first.
   */
  appender(key: string, options?: AppenderOptions): Promise<Appender>;
  /** Keys that start with `prefix`, sorted. */
  list(prefix: string): Promise<readonly string[]>;
  /** Removes a key and what is below it; no error where there is nothing. */
  remove(key: string): Promise<void>;
  /** Takes the lease of an environment, or throws SHIP_LEASE_HELD. */
  lease(environment: string, owner: LeaseOwner): Promise<Lease>;
  /** Who holds it now, if anybody. */
  leaseOwner(environment: string): Promise<LeaseOwner | undefined>;
}

/** What a store is made for. */
export interface StoreOptions {
  /** The project of the config. */
  readonly project: string;
  /** The folder of the state, `.speckit`, on this machine. */
  readonly stateDir: string;
}

/** Makes a store. Called by every command, whether it will ask for anything or not: what connects does so when it is first asked. */
export type StoreFactory = (options: StoreOptions) => Store | Promise<Store>;
