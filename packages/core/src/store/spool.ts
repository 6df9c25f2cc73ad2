import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isTemporary } from '../ids.js';
import { replaceFile } from './durable.js';

/** The end of a record stream is kept under its key with this after it. */
const TAIL = '.tail';

/** Something that the store would not take. */
export interface Spooled {
  /** The run that wrote it. */
  readonly run: string;
  /** Where it belongs in the store. */
  readonly key: string;
  /** The whole value, or the records that the stream lacks. */
  readonly kind: 'value' | 'tail';
}

/** A folder beside the working tree for what the store would not take, until it is brought home. Folders 0700, files 0600. */
export class Spool {
  /** What has been kept since this process began, by key. */
  readonly kept = new Set<string>();

  constructor(readonly folder: string) {}

  /** Keeps it durably; a later one under the same key replaces it. */
  keep(spooled: Spooled, data: Uint8Array): void {
    replaceFile(this.#path(spooled), data);
    this.kept.add(spooled.key);
  }

  /** All that waits, oldest run first. */
  list(): Spooled[] {
    return filesBelow(this.folder)
      .map((path) => relative(this.folder, path))
      .filter((path) => !isTemporary(path))
      .sort()
      .map((path) => {
        const [run, ...rest] = path.split('/');
        const key = rest.join('/');
        return key.endsWith(TAIL)
          ? { run: run!, key: key.slice(0, -TAIL.length), kind: 'tail' as const }
          : { run: run!, key, kind: 'value' as const };
      });
  }

  read(spooled: Spooled): Buffer {
    return readFileSync(this.#path(spooled));
  }

  /** It is home; folders that are left empty go, too. */
  remove(spooled: Spooled): void {
    rmSync(this.#path(spooled), { force: true });
    if (filesBelow(join(this.folder, spooled.run)).length === 0) rmSync(join(this.folder, spooled.run), { recursive: true, force: true });
    if (filesBelow(this.folder).length === 0) rmSync(this.folder, { recursive: true, force: true });
  }

  #path({ run, key, kind }: Spooled): string {
    return join(this.folder, run, kind === 'tail' ? `${key}${TAIL}` : key);
  }
}

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path) : [path];
    });
  } catch {
    return [];
  }
}
