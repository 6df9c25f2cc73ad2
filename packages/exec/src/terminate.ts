import { setTimeout as pause } from 'node:timers/promises';
import { groupAlive, signalGroup } from './group.js';

/** After SIGKILL only a process that waits in the kernel, or one of another user, is still there. */
const LAST_MS = 2_000;
const LONGEST_LOOK_MS = 100;

/**
 * Ends a process group: one SIGINT, a pause, SIGTERM, a pause, SIGKILL. Exactly one SIGINT, because tools such
 * as Terraform take a second one as force. Resolves when nobody of the group runs; false if somebody still does.
 */
export async function endGroup(pgid: number, graceMs: number): Promise<boolean> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    signalGroup(pgid, signal);
    if (await gone(pgid, graceMs)) return true;
  }
  signalGroup(pgid, 'SIGKILL');
  return gone(pgid, LAST_MS);
}

async function gone(pgid: number, withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs;
  for (let wait = 5; groupAlive(pgid); wait = Math.min(LONGEST_LOOK_MS, wait * 1.5)) {
    const left = until - performance.now();
    if (left <= 0) return false;
    await pause(Math.min(wait, left));
  }
  return true;
}
