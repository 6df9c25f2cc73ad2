import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** One thing of a tree. `mode` is `file`, `exec`, `link` or `folder`; `hash` is of the content. */
export interface ManifestEntry {
  readonly path: string;
  readonly mode: 'file' | 'exec' | 'link' | 'folder';
  readonly hash: string;
}

/** sha256 of a text. */
export function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** sha256 of a file's content. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** One hash over a whole tree. */
export function hashManifest(entries: readonly ManifestEntry[]): string {
  return hashText(entries.map(({ path, mode, hash }) => JSON.stringify([path, mode, hash])).join('\n'));
}

/** The first path that is missing or no longer what was released; what a service added itself does not count. */
export async function firstDamage(folder: string, entries: readonly ManifestEntry[]): Promise<string | undefined> {
  for (const entry of entries) {
    const same = await isSame(join(folder, entry.path), entry).catch(() => false);
    if (!same) return entry.path;
  }
  return undefined;
}

async function isSame(path: string, { mode, hash }: ManifestEntry): Promise<boolean> {
  const stat = await lstat(path);
  if (mode === 'folder') return stat.isDirectory();
  if (mode === 'link') return stat.isSymbolicLink() && hashText(await readlink(path)) === hash;
  return stat.isFile() && (await hashFile(path)) === hash;
}
