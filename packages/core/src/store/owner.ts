import { hostname, userInfo } from 'node:os';
import { bootId, isAlive, processStartTime } from '../process-identity.js';
import type { LeaseOwner } from '../types/index.js';

/** This process as an owner of leases. */
export function thisOwner(run: string, command: string): LeaseOwner {
  return {
    run,
    user: userName(),
    host: hostname(),
    pid: process.pid,
    process_started: processStartTime(process.pid) ?? '',
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
  // A start that nobody knows, or a system that hides the processes of others: only the pid tells.
  const unknown = owner.process_started === '' || processStartTime(owner.pid) === undefined;
  return unknown ? !exists(owner.pid) : !isAlive({ pid: owner.pid, started: owner.process_started });
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
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
