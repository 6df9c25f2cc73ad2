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
  /** It is still held at the moment of each write. Else SHIP_LEASE_LOST, and nothing is written. */
  readonly lease?: Lease;
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
  /** In which namespace the pid counts: two containers may have one hostname, and each its own pid 7. */
  readonly pid_namespace?: string;
  /** The command line, redacted. */
  readonly command: string;
  /** ISO 8601 UTC. */
  readonly since: string;
}

/** `unproven`: from here it is unknown, and its heartbeat has not stopped for long enough. */
export type Liveness = 'alive' | 'dead' | 'unproven';

/** The owner of a lease, and whether it lives. */
export interface LeaseHolder extends LeaseOwner {
  /** Of its lease. */
  readonly token: number;
  /** Whether its process runs, as far as is known here. */
  readonly liveness: Liveness;
  /** How that is known: `its process is gone`. */
  readonly evidence: string;
  /** Since its last heartbeat, by the clock of the store; null where that is unknown. */
  readonly heartbeat_age_ms: number | null;
  /** Its record cannot be read, so nobody can tell who it is: the path. */
  readonly damaged?: string;
}

/** The right to change an environment. */
export interface Lease {
  /** What may be changed by who holds it. */
  readonly environment: string;
  /** Who holds it. */
  readonly owner: LeaseOwner;
  /** Only grows. Every write of the holder may be compared with it. */
  readonly token: number;
  /** Without a heartbeat for so long, a holder that nobody can see is dead. */
  readonly ttl_ms: number;
  /** Whose run was never ended: its process died, or its lease was freed by hand. */
  readonly previous?: LeaseOwner;
  /** Throws SHIP_LEASE_LOST when the lease has been taken over. */
  check(): Promise<void>;
  /** The heartbeat: says that the holder lives. Whoever holds it calls this several times a ttl. */
  renew(): Promise<void>;
  /** Gives it back; harmless where it was taken over. `unfinished` is who the next holder is given as `previous`. */
  release(unfinished?: LeaseOwner): Promise<void>;
}

/** What a write demands before it is done. */
export interface Demands {
  /** `null`: there is no value yet; a string: that version. Else SHIP_STORE_CONFLICT. */
  readonly ifVersion?: string | null;
  /** It is still held at the moment of the write. Else SHIP_LEASE_LOST, and nothing is written. */
  readonly lease?: Lease;
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
  /** Replaces a value, whole and durable. */
  put(key: string, value: string | Uint8Array, demands?: Demands): Promise<{ readonly version: string }>;
  /**
   * Opens a record stream, which is created where there is none. `concurrent`: several will append side by side.
   * `end`, in bytes: whatever follows there, such as a torn record, is cut off first, and who had the stream open
   * before reaches it no more. A stream that was removed, replaced or shortened since takes nothing more: the next record is
   * SHIP_STORE_WRITE_FAILED.
   */
  appender(key: string, options?: AppenderOptions): Promise<Appender>;
  /** Keys that start with `prefix`, sorted. */
  list(prefix: string): Promise<readonly string[]>;
  /**
   * Keeps a value of any size, whole and durable or not at all, in bounded memory. Its key is asked for when all of it has
   * come, by its SHA-256 in hex, and is answered. Absent where the store takes values only whole. What `source` throws is
   * thrown, and nothing is kept.
   */
  write?(source: AsyncIterable<Uint8Array>, keyOf: (sha256: string) => string, demands?: Pick<Demands, 'lease'>): Promise<string>;
  /** The bytes of a value, piece by piece, in bounded memory; undefined where there is none. Absent where `write` is. */
  read?(key: string): Promise<AsyncIterable<Buffer> | undefined>;
  /** Removes a key and what is below it; no error where there is nothing. */
  remove(key: string, demands?: Pick<Demands, 'lease'>): Promise<void>;
  /** Takes the lease of an environment, also that of a dead holder. Throws SHIP_LEASE_HELD where its holder may be alive. */
  lease(environment: string, owner: LeaseOwner): Promise<Lease>;
  /** Who holds it now, if anybody. */
  leaseOwner(environment: string): Promise<LeaseHolder | undefined>;
  /** Takes the lease with that token from its holder, and gives it to nobody. False where somebody else holds it by now. */
  freeLease(environment: string, token: number): Promise<boolean>;
}

/** Encrypts what may hold values that are secret. */
export interface Encryption {
  /** Encrypts. */
  encrypt(bytes: Buffer): Promise<Buffer>;
  /** Decrypts; `name` is for the error where it cannot. */
  decrypt(name: string, bytes: Buffer): Promise<Buffer>;
  /** As `encrypt`, for what may be larger than memory. What `plain` throws is thrown. */
  encryptStream(plain: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** As `decrypt`, for what may be larger than memory. */
  decryptStream(name: string, encrypted: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}

/** Bytes that captures point at, by the hash of their content: kept as long as anything that can be gone back to names them. */
export interface Objects {
  /** Keeps them, durably, and encrypted where the config asks for it. Answers their key, `objects/…`. */
  put(bytes: Uint8Array): Promise<string>;
  /** SHIP_OBJECT_DAMAGED where they are gone, are not what they were, or cannot be opened. */
  get(key: string): Promise<Buffer>;
  /**
   * As `put`, for what may be larger than memory: in constant memory where the store has streams. Otherwise
   * SHIP_OBJECT_TOO_LARGE from 64 MiB on. What `source` throws is thrown, and nothing is kept.
   */
  write(source: AsyncIterable<Uint8Array>): Promise<string>;
  /**
   * As `get`, for what may be larger than memory. It is checked on the way: where it is damaged, SHIP_OBJECT_DAMAGED comes in
   * place of its end, so whoever makes something of the pieces must not keep it before the end has come.
   */
  read(key: string): AsyncIterable<Buffer>;
  /**
   * Keeps these for `owner`, a name such as `production-infra`, in place of what was kept for it before. Whoever captures
   * them calls it, for what no snapshot names yet, or any more: what the last run would be taken back to.
   */
  hold(owner: string, keys: readonly string[]): Promise<void>;
}

/** What `objects/held/<owner>.json` says. */
export interface HeldObjects {
  /** Kept. */
  readonly keys: readonly string[];
  /** Kept no more; they go with the next eviction, unless a snapshot names them. */
  readonly dropped: readonly string[];
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
