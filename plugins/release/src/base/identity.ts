import { readdirSync, readFileSync } from 'node:fs';

// `@ship/exec` has the like, and the driver uses it. The supervisor and the front import nothing but their own
// files, so that they come up fast, stay small, and do not change with the rest.

/** A process that is recognised after its number was given to another, and after a reboot. */
export interface Identity {
  readonly pid: number;
  /** Ticks since boot at which it started. */
  readonly started: string;
  readonly boot_id: string;
}

interface Stat {
  readonly state: string;
  readonly group: number;
  readonly started: string;
}

/** The identity of a process that runs now; `undefined` where there is none. */
export function identityOf(pid: number): Identity | undefined {
  const stat = statOf(pid);
  return stat && { pid, started: stat.started, boot_id: bootId() };
}

/** Does exactly this process still run? A zombie does not. */
export function isAlive(identity: Identity): boolean {
  const stat = statOf(identity.pid);
  return stat !== undefined && stat.state !== 'Z' && stat.started === identity.started && bootId() === identity.boot_id;
}

/** Does anything run in the process group? */
export function groupLives(group: number): boolean {
  return pids().some((pid) => {
    const stat = statOf(pid);
    return stat?.group === group && stat.state !== 'Z';
  });
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

function bootId(): string {
  return read('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

function statOf(pid: number): Stat | undefined {
  const text = read(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The command's name stands in parentheses and may hold spaces and parentheses itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', group: Number(fields[2]), started: fields[19] ?? '' };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
