import { readdirSync } from 'node:fs';
import { readStat } from '@ship/core/process';

/** Sends a signal to every process of a group. False where nobody could be reached. */
export function signalGroup(pgid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pgid, signal);
  } catch {
    return false;
  }
}

/** Is there a process in the group, be it one that has ended and was not yet collected? */
function groupExists(pgid: number): boolean {
  try {
    return process.kill(-pgid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Does a process of the group still run? Exact on Linux; elsewhere ended ones count until they are collected. */
export function groupAlive(pgid: number): boolean {
  if (!groupExists(pgid)) return false;
  if (process.platform !== 'linux') return true;
  try {
    return readdirSync('/proc').some((name) => /^\d+$/.test(name) && runsIn(pgid, Number(name)));
  } catch {
    return true;
  }
}

function runsIn(pgid: number, pid: number): boolean {
  const stat = readStat(pid);
  return stat !== undefined && stat.pgid === pgid && !stat.ended;
}
