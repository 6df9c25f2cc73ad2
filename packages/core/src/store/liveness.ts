import { hostname, userInfo } from 'node:os';
import { bootId, isAlive, pidNamespace, processExists, processStartTime } from '@ship/system';
import type { LeaseOwner, Liveness } from '../types/index.js';

/** This process as an owner of leases. */
export function thisOwner(run: string, command: string): LeaseOwner {
  return {
    run,
    user: userName(),
    ...thisPlace(),
    pid: process.pid,
    process_started: processStartTime(process.pid) ?? '',
    command,
    since: new Date().toISOString(),
  };
}

/** Where a process is: what must be the same for a pid to mean the same. */
export type Place = Pick<LeaseOwner, 'host' | 'boot_id' | 'pid_namespace'>;

/** What the system here says of an owner, and how it knows. */
export interface Proof {
  readonly liveness: Liveness;
  readonly evidence: string;
}

/** The pids of a Linux machine itself, outside all containers. */
const OUTSIDE_CONTAINERS = 'pid:[4026531836]';

/**
 * Alive or dead by pid, start and boot, where these say. A hostname alone does not: containers bear any name,
 * so another boot is proof between machines only, and a pid counts in its own namespace only.
 */
export function proofOf(owner: LeaseOwner, here: Place = thisPlace()): Proof {
  if (owner.host !== here.host) return unproven(`it runs on ${owner.host}`);
  if (owner.boot_id !== here.boot_id) {
    const machines = isMachine(owner) && isMachine(here);
    return machines ? dead('the machine was booted since') : unproven('it runs in a container, maybe on another machine');
  }
  if (owner.pid_namespace && here.pid_namespace && owner.pid_namespace !== here.pid_namespace)
    return unproven('it runs in another container of this machine');
  return proofByPid(owner);
}

/** The proof, and where there is none the heartbeat. */
export function livenessOf(
  owner: LeaseOwner,
  heartbeatAge: () => number | null,
  ttlMs: number,
): Proof & { heartbeat_age_ms: number | null } {
  const proof = proofOf(owner);
  if (proof.liveness !== 'unproven') return { ...proof, heartbeat_age_ms: null };
  const age = heartbeatAge();
  const stopped = age !== null && age > ttlMs;
  return { ...(stopped ? dead(`${proof.evidence}, and its heartbeat has stopped`) : proof), heartbeat_age_ms: age };
}

function proofByPid({ pid, process_started }: LeaseOwner): Proof {
  const hidden = process_started === '' || processStartTime(pid) === undefined;
  if (!hidden) return isAlive({ pid, started: process_started }) ? { liveness: 'alive', evidence: 'its process runs' } : dead(GONE);
  // A start that nobody knows, or a system that hides the processes of others: that the pid is free is all that is known.
  return processExists(pid) ? unproven('a process has its pid, and nothing tells whether it is the same one') : dead(GONE);
}

const GONE = 'its process is gone';
const dead = (evidence: string): Proof => ({ liveness: 'dead', evidence });
const unproven = (evidence: string): Proof => ({ liveness: 'unproven', evidence });

const thisPlace = (): Place => ({ host: hostname(), boot_id: bootId(), pid_namespace: pidNamespace() });
const isMachine = ({ pid_namespace = '' }: Place): boolean => ['', OUTSIDE_CONTAINERS].includes(pid_namespace);

/** Who runs this, as far as the system reports it. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? 'unknown';
  }
}
