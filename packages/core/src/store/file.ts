import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errors } from '../errors/catalogue.js';
import type { Appender, Lease, LeaseOwner, Store, Stored } from '../types/index.js';
import { FileAppender } from './appender.js';
import { createFile, replaceFile } from './durable.js';
import { checkKey } from './keys.js';
import { readLeaseOwner, takeLease } from './lease.js';

/** The default store: plain files below one folder, `.speckit`. */
export class FileStore implements Store {
  readonly name = 'file';
  readonly flags = { leases: true };

  constructor(readonly folder: string) {}

  async get(key: string): Promise<Stored | undefined> {
    try {
      const value = readFileSync(this.#path(key));
      return { value, version: versionOf(value) };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw errors.SHIP_STORE_READ_FAILED({ path: this.#path(key), reason: reasonOf(error) }, { cause: error });
    }
  }

  async put(key: string, value: string | Uint8Array, options: { ifVersion?: string | null } = {}): Promise<{ version: string }> {
    const path = this.#path(key);
    const data = typeof value === 'string' ? Buffer.from(value) : value;
    try {
      if (options.ifVersion === null) {
        if (!createFile(path, data)) throw errors.SHIP_STORE_CONFLICT({ key, expected: 'none' });
      } else {
        if (options.ifVersion !== undefined) await this.#demandVersion(key, options.ifVersion);
        replaceFile(path, data);
      }
    } catch (error) {
      if ((error as { code?: string }).code === 'SHIP_STORE_CONFLICT') throw error;
      throw errors.SHIP_STORE_WRITE_FAILED({ path, reason: reasonOf(error) }, { cause: error });
    }
    return { version: versionOf(data) };
  }

  async appender(key: string): Promise<Appender> {
    const path = this.#path(key);
    try {
      return new FileAppender(path);
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
      .filter((key) => key.startsWith(prefix) && !key.endsWith('.tmp'))
      .sort();
  }

  async remove(key: string): Promise<void> {
    rmSync(this.#path(key), { force: true, recursive: true });
  }

  lease(environment: string, owner: LeaseOwner): Promise<Lease> {
    return takeLease(join(this.folder, 'state', checkKey(environment), 'lease'), environment, owner);
  }

  async leaseOwner(environment: string): Promise<LeaseOwner | undefined> {
    return readLeaseOwner(join(this.folder, 'state', checkKey(environment), 'lease'));
  }

  async #demandVersion(key: string, expected: string): Promise<void> {
    const found = await this.get(key);
    if (found?.version !== expected) throw errors.SHIP_STORE_CONFLICT({ key, expected });
  }

  #path(key: string): string {
    return join(this.folder, checkKey(key));
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
const versionOf = (value: Uint8Array): string => createHash('sha256').update(value).digest('hex').slice(0, 32);
