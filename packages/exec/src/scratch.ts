import { accessSync, closeSync, constants, openSync, statfsSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOM = 1024 ** 3;
const MEMORY = '/dev/shm';

let folder: string | undefined;
const spare: number[] = [];

/** An empty file for the output of one command. Never one that was used: a process that left its group may still write to it. */
export function takeScratch(): number {
  return spare.pop() ?? openScratch();
}

/** Opens the files of the next command. While a command runs there is nothing better to do. */
export function prepareScratch(files: number): void {
  try {
    while (spare.length < files) spare.push(openScratch());
  } catch {
    // The next command will say so, if it cannot open them either.
  }
}

/**
 * Opens a file that has no name any more: it goes with its last reader, even after SIGKILL.
 * Output is appended, so that the file can be emptied while the command writes.
 */
function openScratch(flags = constants.O_APPEND): number {
  const path = join(scratchFolder(), `ship-${process.pid}-${Math.random().toString(36).slice(2)}`);
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | flags, 0o600);
  unlinkSync(path);
  return fd;
}

/** A file that holds `text`, to be read from its start. */
export function scratchInput(text: string): number {
  const fd = openScratch(0);
  const bytes = Buffer.from(text);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, at);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return fd;
}

function scratchFolder(): string {
  folder ??= inMemory() ? MEMORY : tmpdir();
  return folder;
}

/** Containers often have 64 MB of shared memory; a command that writes fast would find it full. */
function inMemory(): boolean {
  try {
    accessSync(MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ROOM;
  } catch {
    return false;
  }
}
