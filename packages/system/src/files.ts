import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fdatasync,
  fdatasyncSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** Folders of the state: for their owner alone. */
export const FOLDER_MODE = 0o700;
/** Files of the state: for their owner alone. */
export const FILE_MODE = 0o600;
/** What a streamed file is called until it is whole. */
const INCOMING = 'incoming';
/** Nobody writes to a file that has not grown for so long. */
const ABANDONED_MS = 24 * 3_600_000;

/** Writes all of `data`, at `position` or where the file stands. A write to a full disk may take a part of it without an error. */
export function writeFully(fd: number, data: Uint8Array, position?: number): void {
  let written = 0;
  while (written < data.length) {
    const at = position === undefined ? null : position + written;
    const count = writeSync(fd, data, written, data.length - written, at);
    if (count === 0) throw Object.assign(new Error('write took no bytes'), { code: 'EIO' });
    written += count;
  }
}

/** Makes a folder and its parents, and the new entries durable. */
export function makeFolder(folder: string): void {
  const first = mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  if (first !== undefined) syncFolder(dirname(first));
}

/** Makes the entries of a folder durable: a rename is not, until its folder is. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Writes a file under a temporary name, durable, and hands the name to `publish`. */
function writeTemporary(path: string, data: Uint8Array, within: string | undefined, publish: (temporary: string) => void): void {
  makeFolder(dirname(path));
  const temporary = temporaryName(join(within ?? dirname(path), basename(path)));
  const fd = openSync(temporary, 'wx', FILE_MODE);
  try {
    fchmodSync(fd, FILE_MODE);
    writeFully(fd, data);
    fdatasyncSync(fd);
    closeSync(fd);
    publish(temporary);
  } catch (error) {
    tryUnlink(temporary);
    throw error;
  }
  syncFolder(dirname(path));
}

/**
 * Replaces a file, whole and durable: temp, fsync, rename, fsync of the folder. The temporary one stands beside it,
 * or in the folder `within`, which must be there: if it is moved away, the rename finds nothing.
 */
export function replaceFile(path: string, data: Uint8Array, within?: string): void {
  writeTemporary(path, data, within, (temporary) => renameSync(temporary, path));
}

/** Creates a file, whole and durable. Answers false where there is one. */
export function createFile(path: string, data: Uint8Array, within?: string): boolean {
  let created = true;
  writeTemporary(path, data, within, (temporary) => {
    created = publishNew(temporary, path);
  });
  return created;
}

/** A file of any size: written piece by piece under a temporary name, named when it is whole and durable. */
export class StreamedFile {
  readonly #temporary: string;
  readonly #fd: number;
  readonly #hash = createHash('sha256');
  #isOpen = true;

  /** `folder` must be there, in the file system of the final name: if it is moved away, the file gets no name. */
  constructor(folder: string) {
    this.#temporary = temporaryName(join(folder, INCOMING));
    this.#fd = openSync(this.#temporary, 'wx', FILE_MODE);
    fchmodSync(this.#fd, FILE_MODE);
  }

  add(bytes: Uint8Array): void {
    writeFully(this.#fd, bytes);
    this.#hash.update(bytes);
  }

  /** The SHA-256 of all of it, in hex. Asked once, when nothing more is added. */
  sha256(): string {
    return this.#hash.digest('hex');
  }

  /** Replaces the file at `path`. The thread is free while the bytes go to the disk, which may take long. */
  async publish(path: string): Promise<void> {
    await promisify(fdatasync)(this.#fd);
    this.#close();
    makeFolder(dirname(path));
    renameSync(this.#temporary, path);
    syncFolder(dirname(path));
  }

  /** Removes what was written, where it was not published. */
  discard(): void {
    this.#close();
    tryUnlink(this.#temporary);
  }

  /** Once: later the number may be that of another file. */
  #close(): void {
    if (this.#isOpen) closeSync(this.#fd);
    this.#isOpen = false;
  }
}

/** Removes what processes that died left of a {@link StreamedFile} in a folder. */
export function removeAbandoned(folder: string): void {
  const abandoned = readdirSync(folder)
    .filter((name) => name.startsWith(`${INCOMING}.`) && isTemporary(name))
    .map((name) => join(folder, name))
    .filter((path) => Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > ABANDONED_MS);
  for (const path of abandoned) tryUnlink(path);
}

/** Gives a file its name, unless there is one of that name. */
function publishNew(temporary: string, path: string): boolean {
  let created = true;
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    created = false;
  }
  unlinkSync(temporary);
  return created;
}

function tryUnlink(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was never made, or is published already.
  }
}

/** A name that nobody else will think of. */
export const randomName = (): string => randomBytes(6).toString('hex');

/** The name of a file while it is being written. */
export const temporaryName = (path: string): string => `${path}.${randomName()}.tmp`;

const TEMPORARY = /\.[0-9a-f]{12}\.tmp$/;

/** Whether a path is such a name; others that end in `.tmp` are somebody's own, as that of an environment may. */
export const isTemporary = (path: string): boolean => path.endsWith('.tmp') && TEMPORARY.test(path);
