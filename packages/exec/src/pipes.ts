import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PIPE_FOLDER } from '@ship/core';

/** The descriptors of both ends of a pipe. */
export interface Pipe {
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
export async function takePipes(count: number): Promise<Pipe[]> {
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
