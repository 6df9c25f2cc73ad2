import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { errors } from './errors.js';
import type { Place } from './terraform.js';

/** A configuration as it was applied: the root module, and every module that it used. */
interface Archive {
  readonly format: 1;
  /** Where the root module lies in the tree. */
  readonly root: string;
  readonly files: readonly ArchivedFile[];
  /** Terraform's own list of modules, with `@data` for its folder. */
  readonly modules?: string;
}

interface ArchivedFile {
  /** Below `tree` or `modules`. */
  readonly path: string;
  readonly mode: number;
  readonly data?: string;
  /** What it points at. */
  readonly link?: string;
}

const LARGEST = 64 * 1024 ** 2;
const DATA = '@data';
const MANIFEST = 'modules.json';

/** What is no part of a configuration: caches, states, and files of variables, whose values are kept elsewhere. */
const LEFT_OUT =
  /^(?:\.terraform|\.git|\.speckit|\.speckit-spool|node_modules|errored\.tfstate|crash(?:\..+)?\.log|.+\.tfstate(?:\..+)?|terraform\.tfstate\.d|\..+\.lock\.info|terraform\.tfvars(?:\.json)?|.+\.auto\.tfvars(?:\.json)?)$/;

/** Archives a configuration, after `init` has installed its modules. */
export function createArchive(
  { cwd, dataDir }: Place,
  leftOut: { readonly files: readonly string[]; readonly exclude: readonly string[] },
): Buffer {
  const manifest = readManifest(dataDir);
  const local = manifest
    .filter(({ Dir }) => !isAbsolute(Dir) && !resolve(cwd, Dir).startsWith(dataDir + sep))
    .map(({ Dir }) => resolve(cwd, Dir));
  const folders = withoutNested([cwd, ...local]);
  const top = commonFolder(folders);
  const skipped = new Set([...leftOut.files, ...leftOut.exclude.map((path) => resolve(cwd, path))]);
  const files = [
    ...folders.flatMap((folder) => filesIn(folder, (path) => join('tree', relative(top, path)), skipped)),
    ...filesIn(
      join(dataDir, 'modules'),
      (path) => join('modules', relative(join(dataDir, 'modules'), path)),
      new Set([join(dataDir, 'modules', MANIFEST)]),
    ),
  ];
  refuseTooBig(cwd, files);
  const modules = manifest.map((module) => ({ ...module, Dir: module.Dir.replace(dataDir, DATA) }));
  const whole: Archive = {
    format: 1,
    root: relative(top, cwd),
    files: files.sort((one, other) => (one.path < other.path ? -1 : 1)),
    ...(modules.length === 0 ? {} : { modules: JSON.stringify({ Modules: modules }) }),
  };
  return gzipSync(JSON.stringify(whole));
}

/** Extracts a configuration into an empty folder; the answer says where Terraform can work on it. */
export function extractArchive(bytes: Buffer, folder: string): Place {
  const { root, files, modules } = readArchive(bytes);
  const dataDir = join(folder, 'data');
  const places: Readonly<Record<string, string>> = { tree: join(folder, 'tree'), modules: join(dataDir, 'modules') };
  for (const { path, mode, data, link } of files) {
    const [kind = '', ...rest] = path.split('/');
    const target = inside(places[kind], rest);
    if (target === undefined || (link !== undefined && inside(places[kind], [...rest.slice(0, -1), ...link.split('/')]) === undefined))
      throw errors.SHIP_TERRAFORM_UNREADABLE({ what: 'the captured configuration', problem: `${path} leads out of it` });
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    if (link !== undefined) symlinkSync(link, target);
    else {
      writeFileSync(target, Buffer.from(data ?? '', 'base64'), { flag: 'wx', mode: 0o600 });
      chmodSync(target, 0o600 | (mode & 0o100));
    }
  }
  const cwd = join(folder, 'tree', root);
  mkdirSync(cwd, { recursive: true, mode: 0o700 });
  if (modules !== undefined) {
    mkdirSync(join(dataDir, 'modules'), { recursive: true, mode: 0o700 });
    writeFileSync(join(dataDir, 'modules', MANIFEST), modules.replaceAll(`"${DATA}/`, `${JSON.stringify(dataDir).slice(0, -1)}/`), {
      mode: 0o600,
    });
  }
  return { cwd, dataDir };
}

/** The texts of the root module, by name. */
export function rootFiles(bytes: Buffer): Map<string, string> {
  const { root, files } = readArchive(bytes);
  const prefix = join('tree', root);
  const own = files.filter(({ path, data }) => dirname(path) === prefix && data !== undefined);
  return new Map(own.map(({ path, data }) => [basename(path), Buffer.from(data!, 'base64').toString()]));
}

function readArchive(bytes: Buffer): Archive {
  try {
    const whole = JSON.parse(gunzipSync(bytes, { maxOutputLength: 4 * LARGEST }).toString()) as Archive;
    if (whole.format !== 1) throw new Error(`its format is ${whole.format}, and 1 is known`);
    return whole;
  } catch (cause) {
    throw errors.SHIP_TERRAFORM_UNREADABLE({ what: 'the captured configuration', problem: (cause as Error).message }, { cause });
  }
}

/** A path below a folder; undefined where it leads out of it. */
function inside(folder: string | undefined, parts: readonly string[]): string | undefined {
  if (folder === undefined) return undefined;
  const path = join(folder, ...parts);
  return path.startsWith(folder + sep) ? path : undefined;
}

interface Module {
  readonly Key: string;
  readonly Dir: string;
}

function readManifest(dataDir: string): Module[] {
  try {
    return (JSON.parse(readFileSync(join(dataDir, 'modules', MANIFEST), 'utf8')) as { Modules: Module[] }).Modules;
  } catch {
    // A configuration without modules has none.
    return [];
  }
}

const withoutNested = (folders: readonly string[]): string[] =>
  [...new Set(folders)].filter((folder, _, all) => !all.some((other) => folder.startsWith(other + sep)));

function commonFolder(folders: readonly string[]): string {
  let top = folders[0]!;
  while (!folders.every((folder) => folder === top || folder.startsWith(top === sep ? sep : top + sep))) top = dirname(top);
  return top;
}

function filesIn(folder: string, nameOf: (path: string) => string, skipped: ReadonlySet<string>): ArchivedFile[] {
  let entries: string[];
  try {
    entries = readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return entries.flatMap((entry) => {
    const path = join(folder, entry);
    return LEFT_OUT.test(entry) || skipped.has(path) ? [] : filesAt(path, nameOf, skipped);
  });
}

function filesAt(path: string, nameOf: (path: string) => string, skipped: ReadonlySet<string>): ArchivedFile[] {
  const stats = lstatSync(path);
  if (stats.isDirectory()) return filesIn(path, nameOf, skipped);
  if (stats.isFile()) return [{ path: nameOf(path), mode: stats.mode & 0o777, data: readFileSync(path).toString('base64') }];
  if (!stats.isSymbolicLink()) return [];
  const link = readlinkSync(path);
  const isInside = !isAbsolute(link) && !link.startsWith('..');
  if (isInside) return [{ path: nameOf(path), mode: 0o777, link }];
  // A link that leads out of the configuration is kept as what it points at, which may be gone later.
  const real = realpathSync(path);
  return filesAt(real, (below) => nameOf(join(path, relative(real, below))), skipped);
}

function refuseTooBig(dir: string, files: readonly ArchivedFile[]): void {
  const sizes = files.map(({ path, data = '' }) => ({ path, bytes: Math.floor((data.length * 3) / 4) }));
  const bytes = sizes.reduce((sum, each) => sum + each.bytes, 0);
  if (bytes <= LARGEST) return;
  const largest = sizes.reduce((one, other) => (one.bytes >= other.bytes ? one : other));
  throw errors.SHIP_TERRAFORM_TOO_BIG({
    dir,
    bytes,
    limit: LARGEST,
    largest: `${largest.path.replace(/^tree\//, '')} (${Math.ceil(largest.bytes / 1024)} KiB)`,
  });
}
