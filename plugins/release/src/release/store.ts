import { lstat, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { syncFolder } from '@ship/core';
import { readJson } from '../base/files.js';
import type { Layout } from '../layout.js';
import type { Release } from '../records.js';
import { isReleaseId, PARTIAL } from './id.js';
import { firstDamage, hashManifest, type ManifestEntry } from './manifest.js';

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
  return path === undefined ? undefined : `${join(layout.app(id), path)} is missing or was changed`;
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

/** Removes the oldest releases beyond `keep`, but never one that is named in `spare`. */
export async function pruneReleases(layout: Layout, keep: number, spare: ReadonlySet<string>): Promise<string[]> {
  const releases = await listReleases(layout);
  const doomed = releases.slice(0, Math.max(0, releases.length - keep)).filter((id) => !spare.has(id));
  for (const id of doomed) {
    await rm(layout.release(id), { recursive: true, force: true });
    await rm(layout.log(id), { force: true });
    await rm(`${layout.log(id)}.1`, { force: true });
  }
  return doomed;
}

/** Is there anything of the component on disk? */
export async function exists(layout: Layout): Promise<boolean> {
  return lstat(layout.root).then(
    () => true,
    () => false,
  );
}
