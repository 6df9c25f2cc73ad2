import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { lstat, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { sha256, syncFolder } from '@ship/core';
import { readJson } from '../base/files.js';
import type { Layout } from '../layout.js';
import type { Release } from '../records.js';

/** Folders of releases that are still being copied begin with this. */
export const PARTIAL = '.partial-';

/** Reads a release; `undefined` where it is missing or damaged. */
export async function readRelease(layout: Layout, id: string): Promise<Release | undefined> {
  const release = await readJson<Release>(layout.releaseFile(id)).catch(() => undefined);
  return release?.id === id ? release : undefined;
}

/** The ids of all releases, oldest first. */
export async function listReleases(layout: Layout): Promise<string[]> {
  const names = await readdir(layout.releases).catch(() => []);
  return names.filter(isReleaseId).sort();
}

/** Why a release cannot be run again; `undefined` where it can. */
export async function damageOf(layout: Layout, id: string): Promise<string | undefined> {
  const release = await readRelease(layout, id);
  if (!release) return `${layout.releaseFile(id)} is missing or damaged`;
  const manifest = await readJson<ManifestEntry[]>(layout.manifest(id)).catch(() => undefined);
  if (!manifest || hashManifest(manifest) !== release.tree_hash) return `${layout.manifest(id)} is missing or damaged`;
  const path = await firstDamage(layout.app(id), manifest);
  return path === undefined ? undefined : `${placeOf(layout.app(id), path)} is missing or was changed`;
}

/** The release that `current` points to. */
export async function readCurrent(layout: Layout): Promise<string | undefined> {
  const target = await readlink(layout.current).catch(() => undefined);
  return target === undefined ? undefined : basename(target);
}

/** Points `current` to a release: one rename, so there is always one. */
export async function swapCurrent(layout: Layout, id: string): Promise<void> {
  if ((await readCurrent(layout)) === id) return;
  const temporary = `${layout.current}.${process.pid}.tmp`;
  await rm(temporary, { force: true });
  await symlink(join('releases', id), temporary);
  await rename(temporary, layout.current);
  syncFolder(layout.root);
}

/** Removes what a killed deployment left half copied. True where there was something. */
export async function removePartials(layout: Layout): Promise<boolean> {
  const names = await readdir(layout.releases).catch(() => []);
  const partials = names.filter((name) => name.startsWith(PARTIAL));
  for (const name of partials) await rm(join(layout.releases, name), { recursive: true, force: true });
  return partials.length > 0;
}

/** Notes that requests have reached a release, so that failed ones are told from it. */
export async function markServed(layout: Layout, id: string): Promise<void> {
  await writeFile(layout.served(id), '', { mode: 0o600 });
}

/** Removes the oldest beyond `keep` of the releases that served, and of those that never did, but none that is named in `spare`. */
export async function pruneReleases(layout: Layout, keep: number, spare: ReadonlySet<string>): Promise<void> {
  const releases = await listReleases(layout);
  const good = releases.filter((id) => existsSync(layout.served(id)));
  const failed = releases.filter((id) => !good.includes(id));
  const doomed = [good, failed].flatMap((ids) => ids.slice(0, Math.max(0, ids.length - keep))).filter((id) => !spare.has(id));
  for (const id of doomed) {
    await rm(layout.release(id), { recursive: true, force: true });
    await rm(layout.log(id), { force: true });
    await rm(`${layout.log(id)}.1`, { force: true });
  }
}

/** Is there anything of the component on disk? */
export async function exists(layout: Layout): Promise<boolean> {
  return lstat(layout.root).then(
    () => true,
    () => false,
  );
}

const STAMP = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-.*$/;
const PATTERN = /^\d{8}T\d{9}Z-[0-9a-f]{8}$/;

/** An id that sorts behind those before it, such as `20240131T101500123Z-9f86d081`. A clock that was set back is not followed. */
export function newReleaseId(newest = '', now = Date.now()): string {
  const after = newest === '' ? 0 : Date.parse(newest.replace(STAMP, '$1-$2-$3T$4:$5:$6.$7Z')) + 1;
  const stamp = new Date(Math.max(now, after)).toISOString().replace(/[-:.]/g, '');
  return `${stamp}-${randomBytes(4).toString('hex')}`;
}

/** Is this the name of a release, so that nothing else is ever taken for one and removed? */
export function isReleaseId(name: string): boolean {
  return PATTERN.test(name);
}

/** A name that is not UTF-8 stands in a manifest as its bytes, a character each, behind a character that no path has. */
const BYTES = '\0';

const bytesOf = (path: string): Buffer => (path.startsWith(BYTES) ? Buffer.from(path.slice(1), 'latin1') : Buffer.from(path));

/** Where a path of a manifest is below a folder. */
export const placeOf = (folder: string, path: string): Buffer =>
  path === '' ? Buffer.from(folder) : Buffer.concat([Buffer.from(`${folder}/`), bytesOf(path)]);

/** The path of a name in a folder, as a manifest has it. */
export function pathIn(folder: string, name: Buffer): string {
  const path = folder === '' ? name : Buffer.concat([bytesOf(folder), Buffer.from('/'), name]);
  const text = path.toString();
  return Buffer.from(text).equals(path) ? text : BYTES + path.toString('latin1');
}

/** One thing of a tree. `mode` is `file`, `exec`, `link` or `folder`; `hash` is of the content. */
export interface ManifestEntry {
  readonly path: string;
  readonly mode: 'file' | 'exec' | 'link' | 'folder';
  readonly hash: string;
}

/** sha256 of a file's content. */
export async function hashFile(path: string | Buffer): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** One hash over a whole tree. */
export function hashManifest(entries: readonly ManifestEntry[]): string {
  return sha256(entries.map(({ path, mode, hash }) => JSON.stringify([path, mode, hash])).join('\n'));
}

/** The first path that is missing or no longer what was released; what a service added itself does not count. */
export async function firstDamage(folder: string, entries: readonly ManifestEntry[]): Promise<string | undefined> {
  for (const entry of entries) {
    const same = await isSame(placeOf(folder, entry.path), entry).catch(() => false);
    if (!same) return entry.path;
  }
  return undefined;
}

async function isSame(path: Buffer, { mode, hash }: ManifestEntry): Promise<boolean> {
  const stat = await lstat(path);
  if (mode === 'folder') return stat.isDirectory();
  if (mode === 'link') return stat.isSymbolicLink() && sha256(await readlink(path, { encoding: 'buffer' })) === hash;
  return stat.isFile() && (await hashFile(path)) === hash;
}
