import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, copyFileSync, fstatSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';

const LIMIT_BYTES = 10 * 1024 * 1024;
const LOOK_MS = 5000;

/** The log of one release. */
export interface Log {
  /** What the service is given as stdout and stderr. */
  readonly fd: number;
  /** One line of the supervisor's own. */
  note(line: string): void;
  /** Writes what the service has said and nobody has read yet. */
  drain(): void;
}

/** Opens the log; at 10 MiB it moves to `.1`, and one old one is kept. */
export function rotatingLog(path: string, limit = LIMIT_BYTES, lookMs = LOOK_MS): Log {
  const fd = openSync(path, 'a', 0o600);
  setInterval(() => rotate(path, fd, limit), lookMs).unref();
  return { fd, note: (line) => attempt(() => writeSync(fd, `[ship] ${new Date().toISOString()} ${line}\n`)), drain: () => {} };
}

// Others hold the open file, so its content moves away and the file stays.
function rotate(path: string, fd: number, limit: number): void {
  attempt(() => {
    if (fstatSync(fd).size < limit) return;
    const old = `${path}.1`;
    rmSync(old, { force: true });
    try {
      copyFileSync(path, old);
    } catch {
      // There is no room for both: what is new is worth more than what is old.
      rmSync(old, { force: true });
    }
    ftruncateSync(fd, 0);
  });
}

// A log that cannot be written is no reason to end the service.
function attempt(write: () => void): void {
  try {
    write();
  } catch {}
}

/** Reads on where the supervisor, whose end of the third pipe is closed by its death, was killed; also on a disk that is full. */
const HEIR = 'read -r line <&3; until cat; do sleep 0.05; done';

const block = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * A pipe into a log. A service that opens `/dev/stdout` or `/dev/stderr` anew adds to it, where a file would be cut. Where
 * its supervisor is killed the service goes on, and so does its log. Without a pipe it gets the file.
 */
export function pipeInto(log: Log, name: string): Log {
  const ends: number[] = [];
  const open = (flags: number) => {
    const fd = openSync(name, flags);
    ends.push(fd);
    return fd;
  };
  try {
    execFileSync('mkfifo', ['-m', '600', name], { stdio: 'ignore' });
    const read = open(constants.O_RDONLY | constants.O_NONBLOCK);
    const write = open(constants.O_WRONLY);
    const heirs = open(constants.O_RDONLY);
    leaveTo(heirs, log.fd);
    const take = (bytes: Uint8Array) => attempt(() => writeSync(log.fd, bytes));
    const socket = new Socket({ fd: read, readable: true, writable: false });
    socket.on('error', () => {}).on('data', take);
    socket.unref();
    const drain = () => {
      for (let length = readNow(read); length > 0; length = readNow(read)) take(block.subarray(0, length));
    };
    const note = (line: string) => {
      // What the service has said before comes before it.
      drain();
      log.note(line);
    };
    return { fd: write, note, drain };
  } catch (error) {
    for (const fd of ends) closeSync(fd);
    log.note(`no pipe: ${(error as Error).message}`);
    return log;
  } finally {
    rmSync(name, { force: true });
  }
}

function leaveTo(input: number, output: number): void {
  const heir = spawn('/bin/sh', ['-c', HEIR], { detached: true, stdio: [input, output, 'ignore', 'pipe'] });
  heir.on('error', () => {});
  heir.unref();
  (heir.stdio[3] as Socket | null)?.unref();
  closeSync(input);
}

/** Reads into `block`: how much; 0 where nothing is there now. */
function readNow(fd: number): number {
  try {
    return readSync(fd, block);
  } catch {
    return 0;
  }
}
