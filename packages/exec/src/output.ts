import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { type ExecOptions, type ExecResult, type Output, PIPE_FOLDER } from '@ship/core';
import { createLines } from './lines.js';

const MIB = 1024 ** 2;
/** Linux lets nobody but root make a pipe larger. */
const LARGEST_PIPE = MIB;
const block = Buffer.allocUnsafeSlow(64 * 1024);
/** More pieces than that are made one, because each takes room beside what it holds. */
const PIECES = 256;

/** What becomes of the output of a command. */
export interface OutputOptions extends Pick<ExecOptions, 'output' | 'maxBytes'> {
  /** Is handed whole lines while the command runs: redacted, decoded, without control sequences. */
  readonly onOutput?: ((output: Output) => void) | undefined;
  /** What is handed on keeps its colours. */
  readonly colours?: boolean;
}

/** The pipes that a command writes to. */
interface Outputs {
  /** What the command is given as stdout and stderr. */
  readonly fds: readonly [number, number];
  /** Closes the command's ends in this process, whether the command was started or not. */
  closeTheirs(): void;
  /** Reads what is left, hands on the last lines, and says what was kept. */
  finish(): Pick<ExecResult, 'stdout' | 'stderr' | 'truncated'>;
}

/** Opens the pipes of a command, and reads them from now on. */
export async function openOutputs(options: OutputOptions, redact: (text: string) => string): Promise<Outputs> {
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

  constructor(
    fd: number,
    stream: Output['stream'],
    { maxBytes = MIB, onOutput, colours = false }: OutputOptions,
    redact: (text: string) => string,
  ) {
    this.#fd = fd;
    this.#kept = new HeadAndTail(maxBytes);
    this.#lines =
      onOutput &&
      createLines(
        redact,
        untilItThrows((text) => onOutput({ stream, text })),
        { colours },
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

/** The first and the last bytes of a stream, in bounded memory. */
export class HeadAndTail {
  readonly #half: number;
  #head: Buffer | undefined;
  /** What follows the head; everything, while there is none. */
  #tail: Buffer[] = [];
  #tailLength = 0;
  #total = 0;

  /** Up to `maxBytes` all is kept; of more, a half at each end. */
  constructor(maxBytes: number) {
    this.#half = Math.max(1, Math.ceil(maxBytes / 2));
  }

  add(bytes: Buffer): void {
    this.#tail.push(bytes);
    this.#tailLength += bytes.length;
    this.#total += bytes.length;
    if (this.#tailLength > 2 * this.#half || this.#tail.length > PIECES) this.#compact();
  }

  #compact(): void {
    let all = Buffer.concat(this.#tail);
    if (this.#total > 2 * this.#half) {
      // Copies, so that what is left out is not held by what is kept.
      this.#head ??= Buffer.from(all.subarray(0, this.#half));
      all = Buffer.from(all.subarray(-this.#half));
    }
    this.#tail = [all];
    this.#tailLength = all.length;
  }

  /** All of it, or head and tail with a line in between that says how much is missing. */
  text(): { text: string; truncated: boolean } {
    this.#compact();
    const [tail] = this.#tail as [Buffer];
    if (this.#head === undefined) return { text: tail.toString(), truncated: false };
    return { text: joined(this.#head, tail, this.#total), truncated: true };
  }
}

/** Cuts at line ends where there are some, so that neither a character nor a word is torn. */
function joined(head: Buffer, tail: Buffer, total: number): string {
  const before = head.subarray(0, head.lastIndexOf(10) + 1 || head.length);
  const after = tail.subarray(tail.indexOf(10) === tail.length - 1 ? 0 : tail.indexOf(10) + 1);
  const missing = total - before.length - after.length;
  return `${before.toString().replace(/\n?$/, '\n')}[… ${missing} bytes left out …]\n${after.toString()}`;
}

/** The descriptors of both ends of a pipe. */
interface Pipe {
  readonly read: number;
  readonly write: number;
}

const AT_ONCE = 32;
const spare: Pipe[] = [];
let making: Promise<void> | undefined;

/**
 * Takes pipes that nobody has used yet.
 *
 * Node can only make sockets: its `spawn` calls them pipes, but a command cannot open one as `/dev/stderr`, and has one each for
 * stdout and stderr, so that their order is lost. `mkfifo` makes real ones, which lose their names as soon as they are open.
 */
async function takePipes(count: number): Promise<Pipe[]> {
  while (spare.length < count) {
    making ??= makePipes().finally(() => {
      making = undefined;
    });
    await making;
  }
  return spare.splice(0, count);
}

async function makePipes(): Promise<void> {
  try {
    const folder = mkdtempSync(join(tmpdir(), PIPE_FOLDER));
    try {
      const names = Array.from({ length: AT_ONCE }, (_, index) => join(folder, String(index)));
      await mkfifo(names);
      for (const name of names) spare.push(opened(name));
    } finally {
      rmSync(folder, { recursive: true });
    }
  } catch (cause) {
    throw Object.assign(new Error(`no pipe could be made: ${(cause as Error).message}`, { cause }), { code: 'NO_PIPE' });
  }
}

async function mkfifo(names: readonly string[]): Promise<void> {
  // The PATH of ship may hold nothing but what a deployment needs. Detached, so that Ctrl-C does not reach it.
  const env = { PATH: `${process.env.PATH ?? ''}:/usr/bin:/bin` };
  const [code] = await once(spawn('mkfifo', ['-m', '600', ...names], { env, detached: true, stdio: 'ignore' }), 'exit');
  if (code !== 0) throw new Error('mkfifo failed');
}

/**
 * The end to read from comes first: without it, to open the other would block. The command's own end reads, too: where ship
 * is killed somebody still can, so that no SIGPIPE ends a Terraform before it has saved its state.
 */
function opened(name: string): Pipe {
  const read = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return { read, write: openSync(name, constants.O_RDWR) };
  } catch (error) {
    closeSync(read);
    throw error;
  }
}
