import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootId, isAlive, processStartTime } from '@ship/core';

/** A process that is recognised after its number was given to another, and after a reboot. */
export interface Identity {
  readonly pid: number;
  /** Ticks since boot at which it started. */
  readonly started: string;
  readonly boot_id: string;
}

/** The identity of a process that runs now; `undefined` where there is none. */
export function identityOf(pid: number): Identity | undefined {
  const started = processStartTime(pid);
  return started === undefined ? undefined : { pid, started, boot_id: bootId() };
}

/** Processes that were given this variable when they started, such as `NAME=value`. */
export function processesGiven(variable: string): number[] {
  return pids().filter((pid) => pid !== process.pid && read(`/proc/${pid}/environ`)?.split('\0').includes(variable));
}

/** Who listens on a port, for people, such as `node server.js (pid 4711)`. Of programs of other users nothing is known. */
export function holderOf(port: number): string | undefined {
  const pid = listener(port);
  if (pid === undefined) return undefined;
  const command = read(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ').trim().slice(0, 100);
  return `${command || 'a program'} (pid ${pid})`;
}

function listener(port: number): number | undefined {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = ['tcp', 'tcp6'].flatMap((family) => read(`/proc/net/${family}`)?.split('\n') ?? []);
  const fields = lines.map((line) => line.trim().split(/\s+/));
  // 0A: it listens; the tenth field is the inode of its socket.
  const sockets = new Set(
    fields.filter(([, at = '', , state]) => at.endsWith(local) && state === '0A').map((field) => `socket:[${field[9]}]`),
  );
  return sockets.size === 0 ? undefined : pids().find((pid) => openFiles(pid).some((file) => sockets.has(file)));
}

// What is closed meanwhile, or of another user, is left out.
function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return (attempt(() => readdirSync(folder)) ?? []).flatMap((fd) => attempt(() => readlinkSync(join(folder, fd))) ?? []);
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** Sends a signal; silent where nobody is left to take it. A negative number is a group. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function pids(): number[] {
  const names = existsSync('/proc/self') ? readdirSync('/proc') : [];
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

function read(path: string): string | undefined {
  return attempt(() => readFileSync(path, 'utf8'));
}

/**
 * Takes a start, whole or not at all. A starter and somebody who cleans up after its death may both try;
 * one wins, so no process comes up after it was called off.
 */
export function takeClaim(path: string, claim: Identity): boolean {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  writeFileSync(temporary, JSON.stringify(claim), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return inherits(path) && replace(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/**
 * Calls a start off; false where the process that took it lives, or somebody else has called it off. The mark is an empty
 * file: on a full disk things must still come to their end, and nothing else needs no room.
 */
export function callOff(path: string): boolean {
  try {
    writeFileSync(path, '', { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Not even a name could be written: who starts late finds no record either, and ends.
    if (code === 'ENOSPC' || code === 'EDQUOT') return !existsSync(path) || emptied(path);
    if (code !== 'EEXIST') throw error;
    return emptied(path);
  }
}

function emptied(path: string): boolean {
  if (!inherits(path)) return false;
  truncateSync(path);
  return true;
}

/** The process that took the start; `undefined` where nobody did, or it was called off. */
export function holder(path: string): Identity | undefined {
  try {
    const claim = JSON.parse(readFileSync(path, 'utf8')) as Identity;
    return 'pid' in claim ? claim : undefined;
  } catch {
    return undefined;
  }
}

// systemd starts a daemon again with the words of the first time: it takes the place of the dead one.
function inherits(path: string): boolean {
  const before = holder(path);
  return before !== undefined && !isAlive(before);
}

function replace(temporary: string, path: string): true {
  renameSync(temporary, path);
  return true;
}
