import { closeSync, readSync } from 'node:fs';
import { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import type { ExecResult, Output } from '@ship/core';
import { HeadAndTail } from './head-and-tail.js';
import { createLines } from './lines.js';
import { type Pipe, takePipes } from './pipes.js';
import type { ExecuteOptions } from './types.js';

const MIB = 1024 ** 2;
/** Linux lets nobody but root make a pipe larger. */
const LARGEST_PIPE = MIB;
const block = Buffer.allocUnsafeSlow(64 * 1024);

/** The pipes that a command writes to. */
export interface Outputs {
  /** What the command is given as stdout and stderr. */
  readonly fds: readonly [number, number];
  /** Closes the command's ends in this process, whether the command was started or not. */
  closeTheirs(): void;
  /** Reads what is left, hands on the last lines, and says what was kept. */
  finish(): Pick<ExecResult, 'stdout' | 'stderr' | 'truncated'>;
}

/** Opens the pipes of a command, and reads them from now on. */
export async function openOutputs(options: ExecuteOptions, redact: (text: string) => string): Promise<Outputs> {
  const pipes = await takePipes(options.output === 'combined' ? 1 : 2);
  const [out, err] = pipes as [Pipe, Pipe | undefined];
  const stdout = new Reader(out.read, 'stdout', options, redact);
  const stderr = err && new Reader(err.read, 'stderr', options, redact);
  return {
    fds: [out.write, (err ?? out).write],
    closeTheirs() {
      for (const { write } of pipes) closeSync(write);
    },
    finish() {
      const [first, second] = [stdout.finish(), stderr?.finish()];
      return { stdout: first.text, stderr: second?.text ?? '', truncated: first.truncated || (second?.truncated ?? false) };
    },
  };
}

/** Reads one stream of a command: keeps its head and tail, and hands on its lines. */
class Reader {
  readonly #fd: number;
  readonly #socket: Socket;
  readonly #kept: HeadAndTail;
  readonly #decoder = new StringDecoder('utf8');
  readonly #lines: ReturnType<typeof createLines> | undefined;
  #isFinished = false;

  constructor(fd: number, stream: Output['stream'], { maxBytes = MIB, onOutput }: ExecuteOptions, redact: (text: string) => string) {
    this.#fd = fd;
    this.#kept = new HeadAndTail(maxBytes);
    this.#lines =
      onOutput &&
      createLines(
        redact,
        untilItThrows((text) => onOutput({ stream, text })),
      );
    this.#socket = new Socket({ fd, readable: true, writable: false });
    this.#socket.on('error', () => {}).on('data', (bytes) => this.#take(bytes));
  }

  #take(bytes: Buffer): void {
    if (this.#isFinished) return;
    this.#kept.add(bytes);
    this.#lines?.push(this.#decoder.write(bytes));
  }

  finish(): { text: string; truncated: boolean } {
    if (!this.#socket.destroyed) this.#drain();
    this.#isFinished = true;
    this.#lines?.push(this.#decoder.end());
    this.#lines?.end();
    return this.#kept.text();
  }

  /**
   * Whatever a command wrote before it ended was read, or is in the pipe now, and can be read without waiting. So its last
   * word is there when the pipe is empty, or has given as much as a pipe can hold: more comes from somebody else, such as a
   * child in the background. That one is not waited for; as long as ship runs, what it writes is read and forgotten.
   */
  #drain(): void {
    for (let drained = 0; drained < LARGEST_PIPE; ) {
      const length = readNow(this.#fd);
      if (length === 0) return void this.#socket.destroy();
      if (length === undefined) break;
      this.#take(Buffer.from(block.subarray(0, length)));
      drained += length;
    }
    this.#socket.unref();
  }
}

/** Reads into `block`: how much, 0 at the end, undefined where nothing is there now. */
function readNow(fd: number): number | undefined {
  try {
    return readSync(fd, block);
  } catch {
    return undefined;
  }
}

/** An error of `onOutput` ends the handing on, never the command. */
function untilItThrows(emit: (text: string) => void): (text: string) => void {
  let isBroken = false;
  return (text) => {
    try {
      if (!isBroken) emit(text);
    } catch {
      isBroken = true;
    }
  };
}
