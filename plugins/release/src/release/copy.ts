import { constants, type Dirent } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, readdir, readlink, realpath, symlink } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { errors } from '../errors.js';
import { hashFile, hashText, type ManifestEntry } from './manifest.js';

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
  await mkdir(join(copying.to, folder), { mode: 0o700 });
  const found = await readdir(join(copying.from, folder), { withFileTypes: true });
  const kept = found.filter((entry) => isKept(copying, folder, entry)).sort((a, b) => (a.name < b.name ? -1 : 1));
  const entries: ManifestEntry[] = [];
  for (const entry of kept) entries.push(...(await copyEntry(copying, join(folder, entry.name), entry)));
  return entries;
}

function isKept(copying: Copying, folder: string, entry: Dirent): boolean {
  return !copying.leftOut.has(entry.name) && join(copying.from, folder, entry.name) !== copying.except;
}

async function copyEntry(copying: Copying, path: string, entry: Dirent): Promise<ManifestEntry[]> {
  if (entry.isDirectory()) return [{ path, mode: 'folder', hash: '' }, ...(await copyFolder(copying, path))];
  if (entry.isSymbolicLink()) return [await copyLink(copying, path)];
  if (entry.isFile()) return [await copyPlain(copying, path)];
  throw errors.SHIP_RELEASE_FILE_KIND({ path: join(copying.from, path) });
}

async function copyPlain({ from, to }: Copying, path: string): Promise<ManifestEntry> {
  const runs = ((await lstat(join(from, path))).mode & 0o100) !== 0;
  await copyFile(join(from, path), join(to, path), constants.COPYFILE_FICLONE);
  await chmod(join(to, path), runs ? 0o700 : 0o600);
  return { path, mode: runs ? 'exec' : 'file', hash: await hashFile(join(to, path)) };
}

async function copyLink({ from, to }: Copying, path: string): Promise<ManifestEntry> {
  const link = join(from, path);
  const target = await readlink(link);
  const aims = resolve(dirname(link), target);
  // The text alone can mislead when a folder on the way is a symlink, so the real place counts too.
  const arrives = await realpath(link).catch(() => aims);
  if (![aims, arrives].every((place) => isWithin(from, place))) throw errors.SHIP_RELEASE_LINK_ESCAPES({ link, target });
  const text = relative(dirname(link), aims) || '.';
  await symlink(text, join(to, path));
  return { path, mode: 'link', hash: hashText(text) };
}

function isWithin(folder: string, place: string): boolean {
  return place === folder || place.startsWith(folder + sep);
}
