import { execFile } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { sha256 } from '@ship/core';
import { errors } from '../errors.js';
import type { Stack } from '../stack.js';
import type { Place } from '../tool/terraform.js';
import { isConfigurationFile } from './hcl.js';
import { localFolders, type NamedPath, type PlacedModule, pathsNamedIn, textsIn } from './modules.js';

/** A file or a link as it was, by its absolute path: what a configuration means depends on where it lies. */
export interface TreeEntry {
  readonly path: string;
  /** What a link points at. */
  readonly link?: string;
  /** The bits of the mode. */
  readonly mode?: number;
  readonly data?: Buffer;
  /** It belongs to no module and git does not track it, but the configuration names it: a function that reads it, or a plain value, which may as well be what a resource writes. */
  readonly named?: 'read' | 'plain';
}

/** What Terraform could read when it was run, and what of it is whose. */
export interface Tree {
  readonly entries: readonly TreeEntry[];
  /** Files outside of the project that the configuration names: their SHA-256, for they are not ours to keep or to put back. */
  readonly foreign: Readonly<Record<string, string>>;
  /** Folders that functions read: what comes into them is seen. */
  readonly read: readonly string[];
}

/** How much of it is kept, in bytes. */
const LARGEST = 256 * 1024 ** 2;

/** What is world and no configuration, wherever it lies: states, which live on, and the data of those who work by hand. */
const WORLD =
  /^(?:\.terraform|\.git|\.speckit|\.speckit-spool|.+\.tfstate(?:\..+)?|terraform\.tfstate\.d|\..+\.lock\.info|crash(?:\..+)?\.log)$/;
/** Terraform reads these of the root module by itself; their values are kept as variables. */
const VALUES = /^(?:terraform\.tfvars|.+\.auto\.tfvars)(?:\.json)?$/;

/** Which files belong to the configuration of a stack. */
export class Territory {
  readonly #skipped: ReadonlySet<string>;

  private constructor(
    private readonly root: string,
    /** The folders of its modules, the root module first. */
    private readonly folders: readonly string[],
    /** The work tree of the repository, or the project: what lies outside is not ours. */
    private readonly base: string,
    /** The paths that the configuration names; those that a function reads come first. */
    private readonly named: readonly NamedPath[],
    /** What git knows of the work tree; undefined where there is none. */
    private readonly known: { readonly tracked: ReadonlySet<string>; readonly others: ReadonlySet<string> } | undefined,
    skipped: readonly string[],
  ) {
    this.#skipped = new Set(skipped);
  }

  /** Looks at the configuration as it lies there. `modules` must have been installed. */
  static async of(place: Place, stack: Stack, projectDir: string, modules: readonly PlacedModule[]): Promise<Territory> {
    const root = place.cwd;
    const folders = localFolders(modules, place);
    const top = await git(root, ['rev-parse', '--show-toplevel']);
    const base = top?.[0] ?? (isWithin(root, realpathSync(projectDir)) ? realpathSync(projectDir) : root);
    const known =
      top === undefined
        ? undefined
        : {
            tracked: new Set(await filesOfGit(base, ['--recurse-submodules'])),
            others: new Set(await filesOfGit(base, ['--others', '--exclude-standard'])),
          };
    const named = modules.flatMap(({ blocks, unlabelled, folder }) =>
      [...textsIn(blocks), ...textsIn(unlabelled)].flatMap((text) => pathsNamedIn(text, folder, root)),
    );
    const skipped = [...stack.varFiles, ...stack.exclude.map((path) => join(root, path)), stack.home];
    return new Territory(
      root,
      folders,
      base,
      named.sort((one, other) => Number(one.loose) - Number(other.loose)),
      known,
      skipped,
    );
  }

  /** Every path that belongs to it now, without what is world; and how it is named, where only a name makes it belong to it. */
  paths(): [path: string, named: TreeEntry['named']][] {
    const found = new Map<string, TreeEntry['named']>();
    const visit = (path: string, named: TreeEntry['named'], isWanted: (path: string) => boolean) => {
      if (this.#isSkipped(path)) return;
      const stats = statsOf(path);
      if (stats?.isDirectory()) for (const name of readdirSync(path)) visit(join(path, name), named, isWanted);
      else if (stats !== undefined && isWanted(path)) this.#add(found, path, named);
    };
    for (const path of this.known?.tracked ?? []) if (statsOf(path)?.isDirectory() === false) visit(path, undefined, () => true);
    for (const folder of this.folders) visit(folder, undefined, (path) => this.#isKnown(path));
    for (const { path, loose } of this.#meant()) visit(withoutLinks(path), loose ? 'plain' : 'read', () => true);
    return [...found].sort(([one], [other]) => (one < other ? -1 : 1));
  }

  /** Folders that functions read. */
  read(): string[] {
    return this.#meant().flatMap(({ path, loose }) => (!loose && statsOf(path)?.isDirectory() ? [withoutLinks(path)] : []));
  }

  /** A folder that holds a module is not meant as a whole: what git does not keep of it may be anything. */
  #meant(): NamedPath[] {
    return this.named.filter(({ path }) => this.#isOurs(path) && !this.folders.some((folder) => isWithin(folder, path)));
  }

  /** Files that are named, and lie where nothing is ours. */
  foreign(): string[] {
    return this.named.map(({ path }) => path).filter((path) => !this.#isOurs(path) && statSync(path, { throwIfNoEntry: false })?.isFile());
  }

  /** A link, and the file that it leads to: Terraform reads what is behind it. What was found first says more. */
  #add(found: Map<string, TreeEntry['named']>, path: string, named: TreeEntry['named']): void {
    if (!found.has(path)) found.set(path, named);
    if (!lstatSync(path).isSymbolicLink()) return;
    const real = realOf(path);
    if (real !== undefined && statSync(real).isFile() && this.#isOurs(real) && !this.#isSkipped(real) && !found.has(real))
      found.set(real, named);
  }

  /** Is it more than something that git ignores, such as what was built? */
  #isKnown(path: string): boolean {
    if (this.known === undefined || !isWithin(path, this.base)) return true;
    return this.known.tracked.has(path) || this.known.others.has(path) || isConfigurationFile(basename(path));
  }

  #isOurs(path: string): boolean {
    return isWithin(path, this.base) || this.folders.some((folder) => isWithin(path, folder));
  }

  #isSkipped(path: string): boolean {
    if (this.#skipped.has(path)) return true;
    if (dirname(path) === this.root && VALUES.test(basename(path))) return true;
    const below = isWithin(path, this.base) ? path.slice(this.base.length) : path;
    return below.split(sep).some((name) => WORLD.test(name));
  }
}

/** Reads what belongs to a configuration. */
export function readTree(territory: Territory, dir: string): Tree {
  let bytes = 0;
  const sizes: { path: string; size: number }[] = [];
  const entries = territory.paths().flatMap(([path, named]) => {
    const stats = lstatSync(path);
    if (stats.isFile()) {
      bytes += stats.size;
      sizes.push({ path, size: stats.size });
      if (bytes > LARGEST) throw tooBig(dir, bytes, sizes);
    }
    const entry = readEntry(path);
    return entry === undefined ? [] : [named === undefined ? entry : { ...entry, named }];
  });
  return { entries, foreign: hashed(territory.foreign()), read: territory.read() };
}

const hashed = (paths: readonly string[]): Record<string, string> =>
  Object.fromEntries(paths.flatMap((path) => (hashOf(path) === undefined ? [] : [[path, hashOf(path)!]])));

/** The SHA-256 of a file; undefined where it cannot be read. */
export function hashOf(path: string): string | undefined {
  try {
    return statSync(path).size > LARGEST ? undefined : sha256(readFileSync(path));
  } catch {
    return undefined;
  }
}

/** A file or a link as it is; undefined where nothing is there. What is neither, such as a pipe, is no configuration. */
export function readEntry(path: string): TreeEntry | undefined {
  const stats = statsOf(path);
  if (stats === undefined) return undefined;
  if (stats.isSymbolicLink()) return { path, link: readlinkSync(path) };
  if (!stats.isFile()) return undefined;
  try {
    return { path, mode: stats.mode & 0o777, data: readFileSync(path) };
  } catch (cause) {
    throw errors.SHIP_TERRAFORM_FILE({ path, problem: (cause as Error).message }, { cause });
  }
}

/** Are they the same? The mode counts as far as it says whether a script can be run. */
export function isSameEntry(one: TreeEntry | undefined, other: TreeEntry | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  if (one.link !== other.link) return false;
  const mode = ({ mode = 0 }: TreeEntry) => mode & 0o100;
  return mode(one) === mode(other) && (one.data ?? Buffer.alloc(0)).equals(other.data ?? Buffer.alloc(0));
}

function tooBig(dir: string, bytes: number, sizes: readonly { path: string; size: number }[]): Error {
  const largest = sizes.reduce((one, other) => (one.size >= other.size ? one : other));
  return errors.SHIP_TERRAFORM_TOO_BIG({ dir, bytes, limit: LARGEST, largest: `${largest.path} (${Math.ceil(largest.size / 1024)} KiB)` });
}

/** What stands at a path itself; undefined where nothing does, or where a file stands in the way to it. */
function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

export const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(folder === sep ? sep : folder + sep);

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    // It leads nowhere, or round in a circle: Terraform finds nothing there either.
    return undefined;
  }
}

/** The same path, with no link on the way to it. */
function withoutLinks(path: string): string {
  const folder = realOf(dirname(path));
  return folder === undefined ? path : join(folder, basename(path));
}

const filesOfGit = async (base: string, more: readonly string[]): Promise<string[]> =>
  ((await git(base, ['ls-files', '-z', ...more])) ?? []).map((path) => join(base, path));

/** What git answers, in lines or up to each NUL; undefined where there is no git, or no repository. */
async function git(cwd: string, args: readonly string[]): Promise<string[] | undefined> {
  try {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
    const { stdout } = await promisify(execFile)('git', args as string[], { cwd, env, maxBuffer: 512 * 1024 ** 2 });
    return stdout.split(args.includes('-z') ? '\0' : '\n').filter((line) => line !== '');
  } catch {
    return undefined;
  }
}
