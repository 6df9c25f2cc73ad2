import { execFile } from 'node:child_process';
import { constants, type Dirent } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, readdir, readlink, realpath, rename, stat, symlink, utimes } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import { makeFolder, sha256, syncFolder } from '@ship/core';
import { writeJson } from '../base/files.js';
import { errors } from '../errors.js';
import type { Release } from '../records.js';
import type { Site } from '../site.js';
import { hashFile, hashManifest, listReleases, type ManifestEntry, newReleaseId, PARTIAL, pathIn, placeOf } from './store.js';

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

function describeRelease({ ctx, version, settings }: Site, id: string, manifest: readonly ManifestEntry[]): Release {
  const { run, env, health, host, port, stop_timeout_ms } = settings;
  const tree_hash = hashManifest(manifest);
  const secrets = Object.entries(ctx.refer(env)).filter(([name, text]) => text !== env[name]);
  return {
    format: 1,
    id,
    version,
    run,
    env,
    ...(secrets.length === 0 ? {} : { secrets: Object.fromEntries(secrets) }),
    inherited: inheritedEnvironment(),
    health,
    host,
    port,
    stop_timeout_ms,
    tree_hash,
    config_hash: sha256(JSON.stringify([run, Object.entries(env).sort(), health, host, port, tree_hash])),
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

const ALWAYS_LEFT_OUT = ['.git', '.speckit'];

/** What is copied, and where to. */
export interface Copy {
  readonly from: string;
  readonly to: string;
  /** Names that are left out, wherever they stand. */
  readonly exclude: readonly string[];
  /** A folder that is left out although it stands in the tree: where releases are kept. */
  readonly except: string;
}

/** Copies a tree, 0600 and 0700, and tells what it copied in an order that is always the same. */
export async function copyTree(copy: Copy): Promise<ManifestEntry[]> {
  const from = await realpath(copy.from);
  const leftOut = new Set([...ALWAYS_LEFT_OUT, ...copy.exclude]);
  return copyFolder({ ...copy, from, leftOut }, '');
}

type Copying = Copy & { readonly leftOut: ReadonlySet<string> };

async function copyFolder(copying: Copying, folder: string): Promise<ManifestEntry[]> {
  const here = placeOf(copying.to, folder);
  await mkdir(here, { mode: 0o700 });
  const found = await readdir(placeOf(copying.from, folder), { withFileTypes: true, encoding: 'buffer' });
  const kept = found
    .map((entry) => ({ entry, path: pathIn(folder, entry.name) }))
    .filter(({ entry, path }) => isKept(copying, path, entry))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const entries: ManifestEntry[] = [];
  for (const { entry, path } of kept) entries.push(...(await copyEntry(copying, path, entry)));
  // What is put into a folder changes its time.
  await keepTimes(placeOf(copying.from, folder), here);
  return entries;
}

type Entry = Dirent<Buffer>;

function isKept({ leftOut, from, except }: Copying, path: string, { name }: Entry): boolean {
  return !leftOut.has(name.toString()) && !placeOf(from, path).equals(Buffer.from(except));
}

async function copyEntry(copying: Copying, path: string, entry: Entry): Promise<ManifestEntry[]> {
  if (entry.isDirectory()) return [{ path, mode: 'folder', hash: '' }, ...(await copyFolder(copying, path))];
  if (entry.isSymbolicLink()) return [await copyLink(copying, path)];
  if (entry.isFile()) return [await copyPlain(copying, path)];
  throw errors.SHIP_RELEASE_FILE_KIND({ path: placeOf(copying.from, path).toString() });
}

async function copyPlain({ from, to }: Copying, path: string): Promise<ManifestEntry> {
  const [source, copied] = [placeOf(from, path), placeOf(to, path)];
  const runs = ((await lstat(source)).mode & 0o100) !== 0;
  await copyFile(source, copied, constants.COPYFILE_FICLONE);
  await chmod(copied, runs ? 0o700 : 0o600);
  await keepTimes(source, copied);
  return { path, mode: runs ? 'exec' : 'file', hash: await hashFile(copied) };
}

/** Servers make their `Last-Modified` of it, and tools such as make decide by it. */
async function keepTimes(from: Buffer, to: Buffer): Promise<void> {
  const { atimeMs, mtimeMs } = await lstat(from);
  await utimes(to, atimeMs / 1000, mtimeMs / 1000);
}

// Paths are worked on byte by byte: each is a character of latin1, and those of `/` and `.` are what they always are.
async function copyLink({ from, to }: Copying, path: string): Promise<ManifestEntry> {
  const place = placeOf(from, path);
  const [link, top] = [place.toString('latin1'), Buffer.from(from).toString('latin1')];
  const target = (await readlink(place, { encoding: 'buffer' })).toString('latin1');
  const aims = resolve(dirname(link), target);
  // The text alone can mislead when a folder on the way is a symlink, so the real place counts too.
  const arrives = await realpath(place, { encoding: 'buffer' }).then(
    (real) => real.toString('latin1'),
    () => aims,
  );
  const shown = { link: place.toString(), target: Buffer.from(target, 'latin1').toString() };
  if (![aims, arrives].every((each) => isWithin(top, each))) throw errors.SHIP_RELEASE_LINK_ESCAPES(shown);
  const text = Buffer.from(relative(dirname(link), aims) || '.', 'latin1');
  await symlink(text, placeOf(to, path));
  return { path, mode: 'link', hash: sha256(text) };
}

function isWithin(folder: string, place: string): boolean {
  return place === folder || place.startsWith(folder + sep);
}
