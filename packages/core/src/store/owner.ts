import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import type { LeaseOwner } from '../types/index.js';

/** This process as an owner of leases. */
export function thisOwner(run: string, command: string): LeaseOwner {
  return {
    run,
    user: userName(),
    host: hostname(),
    pid: process.pid,
    process_started: processStarted(process.pid) ?? 'unknown',
    boot_id: bootId(),
    command,
    since: new Date().toISOString(),
  };
}

/**
 * Proven dead: the same host, and either another boot, or no such process, or another process under the same pid.
 * An owner on another host is never proven dead from here.
 */
export function isOwnerDead(owner: LeaseOwner): boolean {
  if (owner.host !== hostname()) return false;
  if (owner.boot_id !== bootId()) return true;
  if (!exists(owner.pid)) return true;
  const started = processStarted(owner.pid);
  return started !== undefined && owner.process_started !== 'unknown' && started !== owner.process_started;
}

/** The kernel's own id of this boot; empty where there is none. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

/** When a process started, in the kernel's ticks; undefined where that cannot be known. */
export function processStarted(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return afterName[0] === 'Z' ? undefined : afterName[19];
  } catch {
    return undefined;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Who runs this, as far as the system tells. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? 'unknown';
  }
}
