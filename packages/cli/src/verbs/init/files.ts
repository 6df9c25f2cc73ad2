import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The text of a file; undefined where there is none that can be read. */
export function textOf(...path: readonly string[]): string | undefined {
  try {
    return readFileSync(join(...path), 'utf8');
  } catch {
    return undefined;
  }
}

/** The names in a folder; none where it cannot be read. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** The first of some files that is in a folder. */
export const firstOf = (folder: string, files: readonly string[]): string | undefined =>
  files.find((file) => existsSync(join(folder, file)));

/** Is the folder part of a git work tree? */
export function isInGit(folder: string): boolean {
  if (existsSync(join(folder, '.git'))) return true;
  return dirname(folder) !== folder && isInGit(dirname(folder));
}

const SOURCE_FOLDERS = ['.', 'src', 'app', 'server', 'lib'];
const LARGEST = 256 * 1024;

/** The sources of a service in some languages, as far as they lie where such files mostly do. */
export function sourcesOf(folder: string, endings: readonly string[]): { readonly name: string; readonly text: string }[] {
  const files = SOURCE_FOLDERS.flatMap((each) => namesIn(join(folder, each)).map((name) => join(each, name)));
  const wanted = files.filter((name) => endings.some((ending) => name.endsWith(ending)));
  return wanted.flatMap((name) => {
    const size = statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
    const text = size > LARGEST ? undefined : textOf(folder, name);
    return text === undefined ? [] : [{ name, text }];
  });
}
