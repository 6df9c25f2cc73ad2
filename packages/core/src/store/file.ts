import { createReadStream, existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, sep } from 'node:path';
import { createFile, isTemporary, makeFolder, randomName, removeAbandoned, replaceFile, StreamedFile } from '@ship/system';
import { errors } from '../errors/catalogue.js';
import { isShipError } from '../errors/ship-error.js';
import type { Appender, AppenderOptions, Demands, Lease, LeaseHolder, LeaseOwner, Store, Stored } from '../types/index.js';
import { FileAppender } from './appender.js';
import { demandHeld, freeLease, isTaken, LEASE_TTL_MS, readHolder, takeLease, writesFolder } from './lease.js';
import { claimFolder } from './state-folder.js';
import { checkKey, versionOf } from './values.js';

/** How much of a value is read at a time. */
const PIECE = 256 * 1024;

/** The default store: plain files below one folder, `.speckit`. */
export class FileStore implements Store {
  readonly name = 'file';
  readonly flags = { leases: true };

  readonly #leaseTtlMs: number;
  readonly #project: string | undefined;

  constructor(
    readonly folder: string,
    { leaseTtlMs = LEASE_TTL_MS, project }: { leaseTtlMs?: number; project?: string } = {},
  ) {
    this.#leaseTtlMs = leaseTtlMs;
    this.#project = project;
  }

  async get(key: string): Promise<Stored | undefined> {
    return this.#read(key);
  }

  async put(key: string, value: string | Uint8Array, demands: Demands = {}): Promise<{ version: string }> {
    const path = this.#path(key);
    const data = typeof value === 'string' ? Buffer.from(value) : value;
    try {
      this.#write(key, data, demands);
    } catch (error) {
      throw this.#writeError(path, error, demands.lease);
    }
    return { version: versionOf(data) };
  }

  async appender(key: string, { concurrent, end, lease }: AppenderOptions = {}): Promise<Appender> {
    const path = this.#path(key);
    try {
      return FileAppender.open(path, { concurrent, end, demand: lease && (() => this.#demandLease(lease)) });
    } catch (error) {
      throw errors.SHIP_STORE_WRITE_FAILED({ path, reason: reasonOf(error) }, { cause: error });
    }
  }

  async list(prefix: string): Promise<readonly string[]> {
    const folder = prefix.split('/').slice(0, -1).join('/');
    if (folder !== '') checkKey(folder);
    const entries = readEntries(join(this.folder, folder));
    return entries
      .map((name) => (folder === '' ? name : `${folder}/${name}`))
      .filter((key) => key.startsWith(prefix) && !isTemporary(key))
      .sort();
  }

  async write(
    source: AsyncIterable<Uint8Array>,
    keyOf: (sha256: string) => string,
    { lease }: Pick<Demands, 'lease'> = {},
  ): Promise<string> {
    const attempt = async <T>(act: () => T | Promise<T>) => {
      try {
        return await act();
      } catch (error) {
        throw this.#writeError(this.folder, error, lease);
      }
    };
    const file = await attempt(() => this.#openStreamed(lease));
    try {
      for await (const bytes of source) await attempt(() => file.add(bytes));
      const key = keyOf(file.sha256());
      const path = this.#path(key);
      await attempt(() => file.publish(path));
      return key;
    } catch (error) {
      file.discard();
      throw error;
    }
  }

  async read(key: string): Promise<AsyncIterable<Buffer> | undefined> {
    const path = this.#path(key);
    return existsSync(path) ? piecesOf(path) : undefined;
  }

  async remove(key: string, { lease }: Pick<Demands, 'lease'> = {}): Promise<void> {
    const path = this.#path(key);
    if (lease === undefined) return rmSync(path, { force: true, recursive: true });
    const gone = join(writesFolder(this.#leaseFolder(lease.environment), lease.token), randomName());
    try {
      if (existsSync(path)) renameSync(path, gone);
      else demandHeld(this.#leaseFolder(lease.environment), lease.environment, lease.token);
    } catch (error) {
      throw this.#writeError(path, error, lease);
    }
    rmSync(gone, { force: true, recursive: true });
  }

  async lease(environment: string, owner: LeaseOwner): Promise<Lease> {
    const folder = this.#leaseFolder(environment);
    return orWriteFailed(folder, () => {
      const lease = takeLease({ folder, environment, ttl_ms: this.#leaseTtlMs }, owner);
      try {
        if (this.#project !== undefined) claimFolder(this.folder, this.#project);
      } catch (error) {
        void lease.release(lease.previous);
        throw error;
      }
      return lease;
    });
  }

  async leaseOwner(environment: string): Promise<LeaseHolder | undefined> {
    return readHolder(this.#leaseFolder(environment));
  }

  async freeLease(environment: string, token: number): Promise<boolean> {
    const folder = this.#leaseFolder(environment);
    return orWriteFailed(folder, () => freeLease(folder, token));
  }

  #demandLease({ environment, token }: Lease): void {
    demandHeld(this.#leaseFolder(environment), environment, token);
  }

  #leaseFolder(environment: string): string {
    return join(this.folder, 'state', checkKey(environment), 'lease');
  }

  #write(key: string, data: Uint8Array, { ifVersion, lease }: Demands): void {
    const path = this.#path(key);
    const within = lease && writesFolder(this.#leaseFolder(lease.environment), lease.token);
    if (ifVersion === null) {
      if (!createFile(path, data, within)) throw errors.SHIP_STORE_CONFLICT({ key, expected: 'none' });
      return;
    }
    if (ifVersion !== undefined) this.#demandVersion(key, ifVersion);
    replaceFile(path, data, within);
  }

  #openStreamed(lease: Lease | undefined): StreamedFile {
    if (lease) return new StreamedFile(writesFolder(this.#leaseFolder(lease.environment), lease.token));
    makeFolder(this.folder);
    removeAbandoned(this.folder);
    return new StreamedFile(this.folder);
  }

  /** What a holder writes goes through a folder of its own, which is taken away with its lease: then nothing of it arrives. */
  #writeError(path: string, error: unknown, lease: Lease | undefined): unknown {
    if (isShipError(error)) return error;
    if (lease && isTaken(this.#leaseFolder(lease.environment), lease.token))
      return errors.SHIP_LEASE_LOST({ environment: lease.environment });
    return errors.SHIP_STORE_WRITE_FAILED({ path, reason: reasonOf(error) }, { cause: error });
  }

  #read(key: string): Stored | undefined {
    try {
      const value = readFileSync(this.#path(key));
      // Most who read never ask for the version, and of a large value it takes longer than the reading.
      return {
        value,
        get version() {
          return versionOf(value);
        },
      };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw errors.SHIP_STORE_READ_FAILED({ path: this.#path(key), reason: reasonOf(error) }, { cause: error });
    }
  }

  /** Nothing awaits between this and the write: of several who put at once only one finds its version. */
  #demandVersion(key: string, expected: string): void {
    const found = this.#read(key);
    if (found?.version !== expected) throw errors.SHIP_STORE_CONFLICT({ key, expected });
  }

  /** A key holds nothing that a path could be made shorter by, and a list asks for many. */
  #path(key: string): string {
    return `${this.folder}${sep}${checkKey(key)}`;
  }
}

async function* piecesOf(path: string): AsyncIterable<Buffer> {
  try {
    yield* createReadStream(path, { highWaterMark: PIECE });
  } catch (error) {
    throw errors.SHIP_STORE_READ_FAILED({ path, reason: reasonOf(error) }, { cause: error });
  }
}

async function orWriteFailed<T>(path: string, write: () => T | Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (isShipError(error)) throw error;
    throw errors.SHIP_STORE_WRITE_FAILED({ path, reason: reasonOf(error) }, { cause: error });
  }
}

function readEntries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw errors.SHIP_STORE_READ_FAILED({ path: folder, reason: reasonOf(error) }, { cause: error });
  }
}

const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
const reasonOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);
