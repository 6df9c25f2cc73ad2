import { lstatSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { errors } from '../errors/catalogue.js';
import { isDict } from './paths.js';

/** Where a config may be, in each folder; the first one found wins. */
export const PLACES = [
  'ship.yaml',
  'ship.yml',
  'ship.json',
  'ship.ts',
  'ship.mjs',
  '.shiprc',
  '.shiprc.yaml',
  '.shiprc.yml',
  '.shiprc.json',
  '.speckit/ship.yaml',
  'package.json',
] as const;

/** The key of package.json that may hold a config. */
export const PACKAGE_KEY = 'ship';

/** The absolute path of the config: the file that was named, or the first one found from `cwd` upwards. */
export function findConfig({ cwd, file }: { cwd: string; file?: string | undefined }): string {
  if (file !== undefined) return namedConfig(resolve(cwd, file), file);
  const found = search(resolve(cwd));
  if (found === undefined) throw errors.SHIP_CONFIG_NOT_FOUND({ cwd });
  return found;
}

function namedConfig(path: string, shown: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw errors.SHIP_CONFIG_NOT_FOUND({ file: shown, cwd: dirname(path) });
  if (stats.isDirectory()) throw errors.SHIP_CONFIG_UNREADABLE({ file: shown, reason: 'it is a folder' });
  return path;
}

function search(from: string): string | undefined {
  for (const folder of folders(from)) {
    const found = PLACES.map((place) => join(folder, place)).find(holdsConfig);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Up to the home folder, or to the root where the folder is not in it. */
function* folders(from: string): Generator<string> {
  const home = homedir();
  for (let folder = from; ; folder = dirname(folder)) {
    yield folder;
    if (folder === home || folder === dirname(folder)) return;
  }
}

/** An empty ship.yaml counts, too: it is a mistake to report, not a reason to look further. */
function holdsConfig(path: string): boolean {
  try {
    return statSync(path).isFile() && (basename(path) !== 'package.json' || hasPackageKey(path));
  } catch {
    // It is not there, or in a folder that nobody may look into.
    return false;
  }
}

/** A package.json that is not JSON counts where it seems to hold a config, so that its mistake is reported. */
function hasPackageKey(path: string): boolean {
  const content = readFileSync(path, 'utf8');
  try {
    const value: unknown = JSON.parse(content);
    return isDict(value) && PACKAGE_KEY in value;
  } catch {
    return content.includes(`"${PACKAGE_KEY}"`);
  }
}

/**
 * Throws where others may read or write the state folder, or own it. A folder that does not exist yet is fine,
 * and so is every folder on Windows, which has no such modes.
 */
export function checkStateFolder(dir: string): void {
  if (process.platform === 'win32') return;
  const stats = lstatSync(dir, { throwIfNoEntry: false });
  if (stats === undefined) return;
  const quoted = `'${dir.replaceAll("'", "'\\''")}'`;
  const refuse = (reason: string, command: string) => errors.SHIP_STATE_FOLDER_OPEN({ dir, reason, command });
  if (!stats.isDirectory()) throw refuse('is not a folder', `ls -ld ${quoted}`);
  if (stats.uid !== process.getuid?.()) throw refuse('belongs to another user', `sudo chown -R "$(id -u)" ${quoted}`);
  const open = stats.mode & 0o077;
  if (open !== 0) throw refuse(`can be used by others (mode ${modeText(stats.mode)})`, `chmod -R go= ${quoted}`);
}

function modeText(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}
