import { lstatSync } from 'node:fs';
import { errors } from '../errors/catalogue.js';

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
