import { fstatSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';

/** stdout or stderr, without Node's stream: to make one takes longer than all else that many commands do. */
export interface OutputStream {
  readonly isTTY: boolean;
  write(text: string): void;
}

/** Linux gives /dev/null and its like this major number; none of them is a terminal. */
const MEMORY_DEVICES = 1;

/**
 * Writes to a descriptor, and returns when all is written, as Node's own streams for files, pipes and terminals do.
 * A reader that goes away, such as `head`, ends the output and nothing else. On a terminal Node's stream is used:
 * what draws there takes hold of it, so that no line is lost in the drawing.
 */
export function openOutput(fd: 1 | 2): OutputStream {
  const isTTY = isTerminal(fd);
  let put: ((text: string | Buffer) => void) | undefined = isTTY ? throughStream(fd) : undefined;
  put ??= (text) => {
    const bytes = Buffer.from(text as string);
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(fd, bytes, written);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Whoever shares the pipe has made it one that does not wait: from here on Node's stream waits for it.
      put = code === 'EAGAIN' ? throughStream(fd) : undefined;
      put?.(bytes.subarray(written));
      if (code !== 'EAGAIN' && code !== 'EPIPE') throwLater(error);
    }
  };
  return { isTTY, write: (text) => put?.(text) };
}

function throughStream(fd: 1 | 2): (text: string | Buffer) => void {
  const stream = fd === 1 ? process.stdout : process.stderr;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return (text) => void stream.write(text);
}

/** As the error of a stream: what writes a line has not failed. */
function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}

/** Asks the file first: to ask for a terminal, Node loads all of its sockets. */
function isTerminal(fd: number): boolean {
  try {
    const stats = fstatSync(fd);
    if (!stats.isCharacterDevice()) return false;
    if (process.platform === 'linux' && stats.rdev >> 8 === MEMORY_DEVICES) return false;
  } catch {
    return false;
  }
  return isatty(fd);
}
