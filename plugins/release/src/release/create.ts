import { execFile } from 'node:child_process';
import { rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeFolder, syncFolder } from '@ship/core';
import { writeJson } from '../base/files.js';
import { errors } from '../errors.js';
import type { Release } from '../records.js';
import type { Site } from '../site.js';
import { copyTree } from './copy.js';
import { newReleaseId, PARTIAL } from './id.js';
import { hashManifest, hashText, type ManifestEntry } from './manifest.js';
import { listReleases } from './store.js';

// A service gets what any login has, and none of the deployer's own variables: those may be secrets.
const INHERITED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'XDG_RUNTIME_DIR'];

/** Copies the configured folder into a new release. The release has its name only when it is complete. */
export async function createRelease(site: Site): Promise<Release> {
  await checkSource(site);
  const id = newReleaseId((await listReleases(site.layout)).at(-1));
  const partial = join(site.layout.releases, PARTIAL + id);
  makeFolder(partial);
  site.reached('copying');
  const { path: from, exclude, root: except } = site.settings;
  const manifest = await copyTree({ from, to: join(partial, 'app'), exclude, except });
  const release = describeRelease(site, id, manifest);
  await writeJson(join(partial, 'manifest.json'), manifest);
  await writeJson(join(partial, 'release.json'), release);
  await flush(partial);
  await rename(partial, site.layout.release(id));
  syncFolder(site.layout.releases);
  site.reached('copied');
  return release;
}

async function checkSource({ name, settings: { path } }: Site): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) throw errors.SHIP_RELEASE_PATH_MISSING({ component: name, path });
}

function describeRelease({ version, settings }: Site, id: string, manifest: readonly ManifestEntry[]): Release {
  const { run, env, health, host, port } = settings;
  const tree_hash = hashManifest(manifest);
  return {
    format: 1,
    id,
    version,
    run,
    env,
    inherited: inheritedEnvironment(),
    health,
    host,
    port,
    tree_hash,
    config_hash: hashText(JSON.stringify([run, Object.entries(env).sort(), health, host, port, tree_hash])),
    created_at: new Date().toISOString(),
  };
}

/** The variables that any login has, as they are now. */
export function inheritedEnvironment(): Record<string, string> {
  return Object.fromEntries(INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}

// One flush of the file system takes milliseconds where an fsync of each of ten thousand files takes minutes.
async function flush(folder: string): Promise<void> {
  const sync = promisify(execFile);
  await sync('sync', ['-f', folder]).catch(() => sync('sync'));
}
