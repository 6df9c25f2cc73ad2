import { closeSync, fstatSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryName } from '../ids.js';
import { isoTime } from '../iso-time.js';
import { FILE_MODE } from './durable.js';

/** A file beside the lease, `<token>.heartbeat`: its time is when the holder last said that it lives. */
export const heartbeatFile = (folder: string, token: number): string => join(folder, `${token}.heartbeat`);

/** One beat. It is written, not touched: then its time is by the clock of the store, not by that of this machine. Nobody needs it after a crash, so nothing is flushed. */
export function beat(folder: string, token: number): void {
  writeFileSync(heartbeatFile(folder, token), `${isoTime()}\n`, { mode: FILE_MODE });
}

/**
 * Milliseconds since the last beat; the making of the lease counts as the first. Both times are times of files
 * in this folder, so the clocks of two machines are never compared. null where the store does not tell.
 */
export function heartbeatAge(folder: string, token: number): number | null {
  const last = timeOf(heartbeatFile(folder, token)) ?? timeOf(join(folder, `${token}.json`));
  const now = storeTime(folder);
  return last === undefined || now === undefined ? null : Math.max(0, Math.round(now - last));
}

/** Opened, not only looked at: a shared folder then asks its server instead of its cache. */
function timeOf(path: string): number | undefined {
  return whenOpen(path, 'r', (fd) => fstatSync(fd).mtimeMs);
}

/** What time it is by the clock of the store: that of a file which is written now. */
function storeTime(folder: string): number | undefined {
  const path = temporaryName(join(folder, 'now'));
  return whenOpen(path, 'wx', (fd) => {
    rmSync(path);
    writeSync(fd, '.');
    return fstatSync(fd).mtimeMs;
  });
}

function whenOpen<T>(path: string, flags: string, read: (fd: number) => T): T | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, flags, FILE_MODE);
    return read(fd);
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
