import { readdirSync, readFileSync } from 'node:fs';
import { bootId, processStartTime } from '@ship/core';

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

/** Sends a signal; silent where nobody is left to take it. A negative number is a group. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
