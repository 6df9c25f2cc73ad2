import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Migration } from './migration.js';

/** The files of a folder by their path, as base64. */
type Files = Readonly<Record<string, string>>;

/** All files of a folder of migrations, in a form that is the same for the same files. */
export function pack(folder: string): Buffer {
  const files = Object.fromEntries(pathsIn(folder).map((path) => [path, readFileSync(join(folder, path)).toString('base64')]));
  return gzipSync(JSON.stringify(files));
}

/** Do the files of a pack stand in a folder as they are in it? Others may stand there as well. */
export const holds = (folder: string, packed: Buffer): boolean =>
  Object.entries(unpacked(packed)).every(([path, content]) => contentOf(join(folder, path)) === content);

/** Does work with a folder that holds what was packed. */
export async function withPacked<T>(packed: Buffer, work: (folder: string) => Promise<T>): Promise<T> {
  return withFolder(async (folder) => {
    for (const [path, content] of Object.entries(unpacked(packed))) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), Buffer.from(content, 'base64'));
    }
    return work(folder);
  });
}

/** Does work with a copy of a folder that holds none of these migrations. */
export async function withoutMigrations<T>(folder: string, absent: readonly Migration[], work: (copy: string) => Promise<T>): Promise<T> {
  const files = absent.flatMap(({ up, down }) => [...up, ...(typeof down === 'string' ? [] : down)].map(({ file }) => file));
  const gone = new Set(files.map((file) => join(folder, file)));
  return withFolder(async (copy) => {
    cpSync(folder, copy, { recursive: true, dereference: true, filter: (source) => !gone.has(source) });
    // A folder that holds nothing is no migration either.
    for (const path of [...new Set([...gone].map(dirname))].filter((each) => each !== folder)) {
      const copied = join(copy, relative(folder, path));
      if (readdirSync(copied).length === 0) rmSync(copied, { recursive: true });
    }
    return work(copy);
  });
}

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'ship-migrations-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const unpacked = (packed: Buffer): Files => JSON.parse(gunzipSync(packed).toString('utf8')) as Files;

const pathsIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !path.startsWith('node_modules/') && contentOf(join(folder, path)) !== undefined)
    .sort();

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path).toString('base64');
  } catch {
    // A link to nowhere, or to a folder.
    return undefined;
  }
}
