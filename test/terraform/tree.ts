import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** A file of a tree: what it is, its mode, and its content as base64, or where it links to. */
interface Entry {
  readonly kind: 'file' | 'link' | 'other';
  readonly mode: number;
  readonly content: string;
}

/** Files by their path, relative to the top. */
export type Tree = Readonly<Record<string, Entry>>;

/** Every file below a folder. Links are not followed; what is huge, or nobody may read, counts by its size alone. */
export function readTree(top: string, leaveOut: (path: string) => boolean = () => false, below = ''): Tree {
  const found: Record<string, Entry> = {};
  for (const name of existsSync(join(top, below)) ? readdirSync(join(top, below)) : []) {
    const path = join(below, name);
    if (leaveOut(path)) continue;
    const stat = lstatSync(join(top, path));
    if (stat.isDirectory()) Object.assign(found, readTree(top, leaveOut, path));
    else found[path] = entryOf(join(top, path), stat);
  }
  return found;
}

const HUGE = 64 * 1024 * 1024;

function entryOf(path: string, stat: ReturnType<typeof lstatSync> & object): Entry {
  if (stat.isSymbolicLink()) return { kind: 'link', mode: 0, content: readlinkSync(path) };
  if (!stat.isFile() || stat.size > HUGE || (Number(stat.mode) & 0o400) === 0)
    return { kind: 'other', mode: Number(stat.mode), content: `${stat.size} bytes` };
  return { kind: 'file', mode: Number(stat.mode) & 0o777, content: readFileSync(path).toString('base64') };
}

/** Writes files where they are not already as the tree has them. */
export function writeTree(top: string, tree: Tree): void {
  for (const [path, { kind, mode, content }] of Object.entries(tree)) {
    const at = join(top, path);
    if (kind === 'other') continue;
    rmSync(at, { recursive: true, force: true });
    mkdirSync(dirname(at), { recursive: true });
    if (kind === 'link') symlinkSync(content, at);
    else writeFileSync(at, Buffer.from(content, 'base64'), { mode });
  }
}

/** Removes files, and the folders that are empty then. */
export function removeFiles(top: string, paths: readonly string[]): void {
  for (const path of paths) {
    rmSync(join(top, path), { force: true });
    for (let folder = dirname(path); folder !== '.' && isEmpty(join(top, folder)); folder = dirname(folder)) rmdirSync(join(top, folder));
  }
}

const isEmpty = (folder: string): boolean => existsSync(folder) && lstatSync(folder).isDirectory() && readdirSync(folder).length === 0;

/** A tree as people read it in a failed comparison. */
export const readable = (tree: Tree): Record<string, string> =>
  Object.fromEntries(
    Object.entries(tree).map(([path, { kind, mode, content }]) => [
      path,
      `${kind} ${mode.toString(8)} ${kind === 'file' ? Buffer.from(content, 'base64').toString() : content}`,
    ]),
  );
