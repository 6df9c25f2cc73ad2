import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packedRefs, type Repository, readText } from './repository.js';

const TAGS = 'refs/tags/';
/** More loose tags than these are left to git. */
const MOST_LOOSE = 64;

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
