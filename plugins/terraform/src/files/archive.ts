import { existsSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { errors } from '../errors.js';
import type { PlannedHashes } from '../rollback/truth.js';
import type { Place } from '../tool/terraform.js';
import { localFolders, moduleEntries, type PlacedModule } from './modules.js';
import { readEntry, type Tree, type TreeEntry } from './tree.js';

/** A configuration as it was applied: where, from which files, with which modules. */
export interface Archive extends Tree {
  /** The root module. */
  readonly root: string;
  /** The folders of the root module and of those modules that lie in the project. */
  readonly folders: readonly string[];
  /** The modules that `init` downloaded; paths are relative to Terraform's folder for them. */
  readonly downloads: readonly TreeEntry[];
  /** Terraform's own list of modules, with `@data` for its folder. */
  readonly modules: string | null;
  /** What its plans have said of each resource. */
  readonly planned: PlannedHashes;
}

/** What stands before the contents of all files, which follow in the same order. */
interface Header extends Omit<Archive, 'entries' | 'downloads'> {
  readonly format: 2;
  readonly entries: readonly Entry[];
  readonly downloads: readonly Entry[];
}

type Entry = Omit<TreeEntry, 'data'> & { readonly size?: number };

const DATA = '@data';
const LARGEST = 1024 ** 3;

/** Archives a configuration, after `init` has installed its modules. */
export function createArchive(place: Place, modules: readonly PlacedModule[], tree: Tree, planned: PlannedHashes): Buffer {
  const { cwd, dataDir } = place;
  const folder = join(dataDir, 'modules');
  const downloads = existsSync(folder) ? below(folder).flatMap((path) => readEntry(path) ?? []) : [];
  const listed = moduleEntries(dataDir).map((module) => ({ ...module, Dir: module.Dir.replace(dataDir, DATA) }));
  const header: Header = {
    format: 2,
    root: cwd,
    folders: localFolders(modules, place),
    foreign: tree.foreign,
    read: tree.read,
    planned,
    modules: listed.length === 0 ? null : JSON.stringify({ Modules: listed }),
    entries: tree.entries.map(withoutData),
    downloads: downloads.map((entry) => ({ ...withoutData(entry), path: relative(folder, entry.path) })),
  };
  const head = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  const contents = [...tree.entries, ...downloads].flatMap(({ data }) => data ?? []);
  return gzipSync(Buffer.concat([length, head, ...contents]), { level: 1 });
}

/** Reads what {@link createArchive} has made. */
export function readArchive(bytes: Buffer): Archive {
  try {
    const whole = gunzipSync(bytes, { maxOutputLength: LARGEST });
    const start = 4 + whole.readUInt32BE(0);
    const header = JSON.parse(whole.subarray(4, start).toString()) as Header;
    if (header.format !== 2) throw new Error(`its format is ${header.format}, and 2 is known`);
    let at = start;
    const filled = ({ size, ...entry }: Entry): TreeEntry => {
      if (size === undefined) return entry;
      const data = whole.subarray(at, at + size);
      if (data.length !== size) throw new Error('it ends too early');
      at += size;
      return { ...entry, data };
    };
    return { ...header, entries: header.entries.map(filled), downloads: header.downloads.map(filled) };
  } catch (cause) {
    throw errors.SHIP_TERRAFORM_UNREADABLE({ what: 'the captured configuration', problem: (cause as Error).message }, { cause });
  }
}

/** Lays out the modules that were downloaded, so that `init` finds them although their source may be gone. */
export function extractModules({ modules, downloads }: Archive, dataDir: string): void {
  const folder = join(dataDir, 'modules');
  for (const { path, link, mode = 0, data } of downloads) {
    const target = join(folder, path);
    if (!target.startsWith(folder + sep))
      throw errors.SHIP_TERRAFORM_UNREADABLE({ what: 'the captured configuration', problem: `${path} leads out of it` });
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    if (link !== undefined) symlinkSync(link, target);
    else writeFileSync(target, data ?? '', { flag: 'wx', mode: 0o600 | (mode & 0o100) });
  }
  if (modules === null) return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const placed = modules.replaceAll(`"${DATA}/`, `${JSON.stringify(dataDir).slice(0, -1)}/`);
  writeFileSync(join(folder, 'modules.json'), placed, { mode: 0o600 });
}

const withoutData = ({ data, ...entry }: TreeEntry): Entry => (data === undefined ? entry : { ...entry, size: data.length });

/** Every file and link in a folder, but for the list of modules, which is kept by itself, and the histories of clones. */
const below = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (name === '.git' || name === 'modules.json') return [];
    return lstatSync(path).isDirectory() ? below(path) : [path];
  });
