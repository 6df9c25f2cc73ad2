// Imports nothing but Node, so that programs that must stay small can use it: `@ship/core/process`.
import { readFileSync, readlinkSync } from 'node:fs';

/** What a journal keeps to recognise a process after a crash. */
export interface RecordedProcess {
  /** The id that the system gave it. */
  readonly pid: number;
  /** As {@link processStartTime} told it. */
  readonly started: string;
  /** As {@link bootId} told it. After another boot every process is gone. */
  readonly boot_id?: string | undefined;
}

/** What `/proc/PID/stat` tells. */
export interface ProcessStat {
  /** It is a zombie, or gone. */
  readonly ended: boolean;
  /** The group that it belongs to. */
  readonly pgid: number;
  /** Clock ticks since the boot. */
  readonly started: string;
}

/** When a process started, in whatever words the system has for it; undefined where there is no such process. */
export function processStartTime(pid: number): string | undefined {
  if (process.platform === 'linux') return readStat(pid)?.started;
  return ask('ps', ['-o', 'lstart=', '-p', String(pid)]);
}

let boot: string | undefined;

/** Tells one boot of the machine from another. Empty where the system does not say. */
export function bootId(): string {
  boot ??= process.platform === 'linux' ? read('/proc/sys/kernel/random/boot_id') : ask('sysctl', ['-n', 'kern.boottime']);
  boot ??= '';
  return boot;
}

/** Tells the pids of one container from those of another: `pid:[4026531836]`. Empty where the system has no namespaces. */
export function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** Is this very process still running, and not another one that was given its pid? */
export function isAlive({ pid, started, boot_id }: RecordedProcess): boolean {
  if (boot_id !== undefined && boot_id !== bootId()) return false;
  if (process.platform !== 'linux') return processStartTime(pid) === started;
  const stat = readStat(pid);
  return stat !== undefined && stat.started === started && !stat.ended;
}

/** Reads `/proc/PID/stat`. The command may hold blanks and brackets, so fields count from the last bracket. */
export function readStat(pid: number): ProcessStat | undefined {
  const text = read(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state = '', , pgid = '', started = ''] = [fields[0], fields[1], fields[2], fields[19]];
  return { ended: state === 'Z' || state === 'X', pgid: Number(pgid), started };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function ask(command: string, args: readonly string[]): string | undefined {
  try {
    const { execFileSync } = process.getBuiltinModule('node:child_process');
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Milliseconds on a clock that never jumps. `performance` would load ten modules of Node when it is first named. */
export const monotonicMs = (): number => process.uptime() * 1000;
