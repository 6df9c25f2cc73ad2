import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Context, makeFolder, replaceFile, sha256, syncFolder } from '@ship/core';
import { errors } from '../errors.js';
import { isSameEntry, readEntry, type TreeEntry } from './tree.js';

/** How one path is to be while Terraform works; without an entry nothing is to be there. */
export interface Wanted {
  readonly path: string;
  readonly entry?: TreeEntry;
}

/** What is written down before anything is touched: how each path was, and what was put in its place. */
interface Journal {
  readonly format: 1;
  /** For people: what Terraform works on. */
  readonly what: string;
  /** Terraform's own folder for that work: its processes have it in their environment. */
  readonly dataDir: string;
  readonly paths: readonly Replaced[];
  /** Folders that were made; they go again when they are empty. */
  readonly made: readonly string[];
}

interface Replaced {
  readonly path: string;
  readonly today: Kept | null;
  readonly put: Kept | null;
}

/** A link, or a file: its hash, which is also the name under which it is kept. */
type Kept = { readonly link: string } | { readonly sha256: string; readonly mode: number; readonly mtimeMs?: number };

const LOCK_FILE = '.terraform.lock.hcl';
const JOURNAL = 'journal.json';

/** Where today's files wait. */
const folderOf = ({ stateDir }: Pick<Context, 'stateDir'>): string => join(stateDir, 'terraform', 'in-place');

/** What stands in a project instead of today's files since a process was killed; undefined where nothing does. */
export function leftInPlace(ctx: Pick<Context, 'stateDir'>): Pick<Journal, 'what' | 'dataDir'> | undefined {
  const file = join(folderOf(ctx), JOURNAL);
  return existsSync(file) ? readJournal(file) : undefined;
}

/**
 * Puts files in the place of today's. Whoever asks holds the folders alone. Written down first, so that {@link putBack}
 * can be done by another process.
 */
export function putInPlace(ctx: Context, { what, dataDir }: Pick<Journal, 'what' | 'dataDir'>, wanted: readonly Wanted[]): void {
  const differing = wanted.filter(({ path, entry }) => !isSameEntry(today(path), entry));
  if (differing.length === 0) return;
  const folder = folderOf(ctx);
  makeFolder(folder);
  const paths = differing.map(
    ({ path, entry }): Replaced => ({ path, today: keep(folder, path), put: entry === undefined ? null : keptOf(entry) }),
  );
  const made = [...new Set(differing.flatMap(({ path, entry }) => (entry === undefined ? [] : missingFolders(path))))].sort();
  const journal: Journal = { format: 1, what, dataDir, paths, made };
  replaceFile(join(folder, JOURNAL), Buffer.from(JSON.stringify(journal)));
  ctx.log.debug(`${differing.length} files are put in place for ${what}`);
  for (const { path, entry } of [...differing].sort(removalsFirst)) put(path, entry);
}

/** What is gone may stand in the way of what comes. */
const removalsFirst = (one: Wanted, other: Wanted): number =>
  Number(one.entry !== undefined) - Number(other.entry !== undefined) || (one.path < other.path ? -1 : 1);

/** Puts today's files back. What was changed in the meantime, as a provisioner may do, is the world's, and stays. */
export function putBack(ctx: Context): void {
  const folder = folderOf(ctx);
  const file = join(folder, JOURNAL);
  if (!existsSync(file)) return;
  const { what, paths, made } = readJournal(file);
  for (const { path } of paths) if (isFolder(dirname(path))) rmSync(temporaryOf(path), { force: true });
  const ours = paths.filter(({ path, today: before, put: placed }) => {
    const entry = today(path);
    const now = entry === undefined ? null : keptOf(entry);
    if (sameKept(now, placed) || basename(path) === LOCK_FILE) return true;
    if (!sameKept(now, before)) ctx.log.debug(`${path} was written while ${what} was worked on, and stays`);
    return false;
  });
  for (const { path, today: before } of ours) if (before === null) put(path, undefined);
  for (const each of [...made].reverse()) removeIfEmpty(each);
  for (const { path, today: before } of ours) if (before !== null) put(path, entryOf(folder, path, before), before);
  rmSync(file, { force: true });
  syncFolder(folder);
  rmSync(folder, { recursive: true, force: true });
}

function readJournal(file: string): Journal {
  try {
    const journal = JSON.parse(readFileSync(file, 'utf8')) as Journal;
    if (journal.format !== 1) throw new Error(`its format is ${journal.format}, and 1 is known`);
    return journal;
  } catch (cause) {
    throw errors.SHIP_TERRAFORM_JOURNAL({ file, problem: (cause as Error).message }, { cause });
  }
}

/** What is at a path itself, not behind a link on the way to it. */
function today(path: string): TreeEntry | undefined {
  const folder = dirname(path);
  return isFolder(folder) && realpathSync(folder) === folder ? readEntry(path) : undefined;
}

/** Keeps what is at a path, durable. */
function keep(folder: string, path: string): Kept | null {
  const entry = today(path);
  if (entry === undefined) return null;
  const kept = keptOf(entry);
  if ('link' in kept) return kept;
  replaceFile(join(folder, kept.sha256), entry.data!);
  return { ...kept, mtimeMs: lstatSync(path).mtimeMs };
}

const keptOf = ({ link, data, mode = 0o644 }: TreeEntry): Kept => (link === undefined ? { sha256: sha256(data ?? ''), mode } : { link });

function entryOf(folder: string, path: string, kept: Kept): TreeEntry {
  if ('link' in kept) return { path, link: kept.link };
  return { path, mode: kept.mode, data: readFileSync(join(folder, kept.sha256)) };
}

function sameKept(one: Kept | null, other: Kept | null): boolean {
  if (one === null || other === null) return one === other;
  if ('link' in one || 'link' in other) return 'link' in one && 'link' in other && one.link === other.link;
  return one.sha256 === other.sha256;
}

/** What is half written, beside its place; not called like anything that Terraform reads. */
const temporaryOf = (path: string): string => `${path}.ship-half`;

/** Whole or not at all; nothing but an empty folder is removed for it. */
function put(path: string, entry: TreeEntry | undefined, kept?: Kept): void {
  try {
    removeEmptyFolders(path);
    if (isFolder(dirname(path)) && (entry === undefined || entry.link !== undefined)) rmSync(path, { force: true });
    if (entry === undefined) return;
    mkdirSync(dirname(path), { recursive: true });
    if (entry.link !== undefined) {
      symlinkSync(entry.link, path);
      return;
    }
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(path);
    const temporary = temporaryOf(path);
    writeFileSync(temporary, entry.data ?? '', { mode: entry.mode ?? 0o644 });
    chmodSync(temporary, entry.mode ?? 0o644);
    if (kept !== undefined && 'mtimeMs' in kept && kept.mtimeMs !== undefined)
      utimesSync(temporary, kept.mtimeMs / 1000, kept.mtimeMs / 1000);
    renameSync(temporary, path);
  } catch (cause) {
    throw errors.SHIP_TERRAFORM_FILE({ path, problem: (cause as Error).message }, { cause });
  }
}

/** The folders on the way to a path that are none yet, the outermost first. */
function missingFolders(path: string): string[] {
  const folder = dirname(path);
  if (isFolder(folder)) return [];
  return [...missingFolders(folder), folder];
}

/** Not a link to one, and not something below a file. */
function isFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
}

function removeEmptyFolders(folder: string): void {
  if (!isFolder(folder)) return;
  for (const name of readdirSync(folder)) removeEmptyFolders(join(folder, name));
  removeIfEmpty(folder);
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Somebody put something into it, or it is gone.
  }
}
