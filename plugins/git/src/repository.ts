import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Where git keeps things. */
export interface Repository {
  /** The top of the working tree. */
  readonly top: string;
  /** Has HEAD; a folder of its own for each worktree. */
  readonly gitDir: string;
  /** Has the refs that all worktrees share. */
  readonly commonDir: string;
}

/** What HEAD is. */
export interface Head {
  readonly branch?: string;
  readonly sha?: string;
}

const SHA = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const DEEPEST = 5;
const TAGS = 'refs/tags/';
/** More loose tags than these are left to git. */
const MOST_LOOSE = 64;

/** Reads a small file, trimmed; undefined where there is none. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Finds the repository that `dir` is in, without a process. */
export function findRepository(dir: string): Repository | undefined {
  const gitDir = gitDirOf(dir);
  if (gitDir !== undefined && readText(join(gitDir, 'HEAD')) !== undefined) {
    const common = readText(join(gitDir, 'commondir'));
    return { top: dir, gitDir, commonDir: common === undefined ? gitDir : resolve(gitDir, common) };
  }
  return dirname(dir) === dir ? undefined : findRepository(dirname(dir));
}

/** `.git` is a folder, or a file that names one (worktrees, submodules). */
function gitDirOf(dir: string): string | undefined {
  const path = join(dir, '.git');
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) return path;
  const named = stat?.isFile() ? /^gitdir: (.+)$/.exec(readText(path) ?? '')?.[1] : undefined;
  return named === undefined ? undefined : resolve(dir, named);
}

/** Reads branch and commit. Undefined where the refs are kept in a way that only git can read. */
export function readHead(repository: Repository): Head | undefined {
  const head = readText(join(repository.gitDir, 'HEAD')) ?? '';
  if (SHA.test(head)) return { sha: head };
  const ref = symbolic(head);
  if (ref === undefined || ref === 'refs/heads/.invalid') return undefined;
  const sha = resolveRef(repository, ref);
  const branch = ref.startsWith('refs/heads/') ? { branch: ref.slice('refs/heads/'.length) } : {};
  return sha === undefined ? branch : { ...branch, sha };
}

function resolveRef(repository: Repository, ref: string, depth = 0): string | undefined {
  if (depth > DEEPEST || ref.includes('..')) return undefined;
  const text = readText(join(repository.gitDir, ref)) ?? readText(join(repository.commonDir, ref));
  const next = text === undefined ? undefined : symbolic(text);
  if (next !== undefined) return resolveRef(repository, next, depth + 1);
  if (text !== undefined && SHA.test(text)) return text;
  return packedRefs(repository).find(({ name }) => name === ref)?.sha;
}

const symbolic = (text: string) => /^ref: (\S+)$/.exec(text)?.[1];

/** One line of `packed-refs`; `peeled` is the commit that an annotated tag names. */
interface PackedRef {
  readonly name: string;
  readonly sha: string;
  readonly peeled?: string;
}

/** Reads `packed-refs`. A line that starts with `^` peels the line above it. */
function packedRefs({ commonDir }: Repository): PackedRef[] {
  const refs: { name: string; sha: string; peeled?: string }[] = [];
  for (const line of (readText(join(commonDir, 'packed-refs')) ?? '').split('\n')) {
    const last = refs.at(-1);
    const [sha = '', name = ''] = line.split(' ');
    if (line.startsWith('^') && last !== undefined) last.peeled = line.slice(1);
    else if (SHA.test(sha)) refs.push({ name, sha });
  }
  return refs;
}

/**
 * The tag that names exactly this commit; null where there is none; undefined where only git knows.
 * Of several the one whose name sorts last, so that `v1.10` wins over `v1.9`.
 */
export async function readTag(repository: Repository, sha: string): Promise<string | null | undefined> {
  const loose = looseTags(repository);
  if (loose.length > MOST_LOOSE) return undefined;
  const found: string[] = [];
  for (const name of loose) {
    const names = await namesCommit(repository, readText(join(repository.commonDir, TAGS, name)) ?? '', sha);
    if (names === undefined) return undefined;
    if (names) found.push(name);
  }
  const shadowed = new Set(loose);
  for (const { name, sha: own, peeled } of packedRefs(repository)) {
    const tag = name.startsWith(TAGS) ? name.slice(TAGS.length) : undefined;
    if (tag !== undefined && !shadowed.has(tag) && (peeled ?? own) === sha) found.push(tag);
  }
  return found.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) ?? null;
}

function looseTags({ commonDir }: Repository): string[] {
  try {
    const entries = readdirSync(join(commonDir, TAGS), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(join(commonDir, TAGS).length));
  } catch {
    return [];
  }
}

/** Does a tag's object name the commit? Undefined where the object lies in a pack. */
async function namesCommit({ commonDir }: Repository, object: string, sha: string): Promise<boolean | undefined> {
  if (object === sha) return true;
  try {
    const { inflateSync } = await import('node:zlib');
    const content = inflateSync(readFileSync(join(commonDir, 'objects', object.slice(0, 2), object.slice(2)))).toString('latin1');
    return /^tag \d+\0object ([0-9a-f]+)\n/.exec(content)?.[1] === sha;
  } catch {
    return undefined;
  }
}
