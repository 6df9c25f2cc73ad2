import { copyFileSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';

const LIMIT_BYTES = 10 * 1024 * 1024;
const LOOK_MS = 5000;

/** The log of one release. The service writes to it directly, so it can go on when its supervisor dies. */
export interface Log {
  readonly fd: number;
  /** One line of the supervisor's own. */
  note(line: string): void;
}

/** Opens the log; at 10 MiB it moves to `.1`, and one old one is kept. */
export function rotatingLog(path: string, limit = LIMIT_BYTES, lookMs = LOOK_MS): Log {
  const fd = openSync(path, 'a', 0o600);
  setInterval(() => rotate(path, fd, limit), lookMs).unref();
  return { fd, note: (line) => attempt(() => writeSync(fd, `[ship] ${new Date().toISOString()} ${line}\n`)) };
}

// The service holds the open file, so its content moves away and the file stays.
function rotate(path: string, fd: number, limit: number): void {
  attempt(() => {
    if (fstatSync(fd).size < limit) return;
    copyFileSync(path, `${path}.1`);
    ftruncateSync(fd, 0);
  });
}

// A log that cannot be written is no reason to end the service.
function attempt(write: () => void): void {
  try {
    write();
  } catch {}
}
