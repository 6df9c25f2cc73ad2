import { closeSync, constants, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { constants as system } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

/** What a journal keeps to recognise a process after a crash. */
export interface RecordedProcess {
  /** The id that the system gave it. */
  readonly pid: number;
  /** As {@link processStartTime} reports it. */
  readonly started: string;
  /** As {@link bootId} reports it. After another boot every process is gone. */
  readonly boot_id?: string | undefined;
}

/** What `/proc/PID/stat` says. */
interface ProcessStat {
  /** It is a zombie, or gone. */
  readonly ended: boolean;
  /** Who started it, or who took it over. */
  readonly ppid: number;
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

/** Distinguishes one boot of the machine from another. Empty where the system does not say. */
export function bootId(): string {
  boot ??= process.platform === 'linux' ? read('/proc/sys/kernel/random/boot_id') : ask('sysctl', ['-n', 'kern.boottime']);
  boot ??= '';
  return boot;
}

/** Distinguishes the pids of one container from those of another: `pid:[4026531836]`. Empty where the system has no namespaces. */
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
function readStat(pid: number): ProcessStat | undefined {
  const text = read(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state = '', ppid, pgid, started = ''] = [fields[0], fields[1], fields[2], fields[19]];
  return { ended: state === 'Z' || state === 'X', ppid: Number(ppid), pgid: Number(pgid), started };
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
    // Dates are compared as texts: the same in any language and time zone.
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Milliseconds on a clock that never jumps. `performance` would load ten modules of Node when it is first named. */
export const monotonicMs = (): number => process.uptime() * 1000;

/** After SIGKILL only a process that waits in the kernel, or one of another user, is still there. */
const LAST_MS = 2_000;
const LONGEST_LOOK_MS = 100;
/** What the leader leaves in its group when it ends, such as a background job, wants to save nothing. */
const WITHOUT_LEADER_MS = 5_000;

/**
 * Ends a process group: one SIGINT, a pause, SIGTERM, a pause, SIGKILL. Exactly one SIGINT, because some
 * tools take a second one as force. `impatient`: a signal that all of them ignore, as what a shell starts in the background
 * does SIGINT, is not waited for. Resolves when nobody of the group runs; false if somebody still does.
 */
export async function endGroup(pgid: number, graceMs: number, impatient = false): Promise<boolean> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    if (impatient && isIgnored(pgid, signal)) continue;
    signalGroup(pgid, signal);
    if (await gone(pgid, graceMs)) return true;
  }
  signalGroup(pgid, 'SIGKILL');
  return gone(pgid, LAST_MS);
}

/** Does nobody of a group heed a signal? Only Linux says so. */
function isIgnored(pgid: number, signal: 'SIGINT' | 'SIGTERM'): boolean {
  const bit = 1n << BigInt(system.signals[signal] - 1);
  const members = membersOf(pgid);
  return members.length > 0 && members.every((pid) => (ignoredSignals(pid) & bit) !== 0n);
}

function ignoredSignals(pid: number): bigint {
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return mask === undefined ? 0n : BigInt(`0x${mask}`);
}

async function gone(pgid: number, withinMs: number): Promise<boolean> {
  let until = performance.now() + withinMs;
  for (let wait = 5; groupAlive(pgid); wait = Math.min(LONGEST_LOOK_MS, wait * 1.5)) {
    // Elsewhere nothing says whether the leader is one of those that are left.
    if (process.platform === 'linux' && !runsIn(pgid, pgid)) until = Math.min(until, performance.now() + WITHOUT_LEADER_MS);
    const left = until - performance.now();
    if (left <= 0) return false;
    await pause(Math.min(wait, left));
  }
  return true;
}

/** Sends a signal to every process of a group. False where nobody could be reached. */
export function signalGroup(pgid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pgid, signal);
  } catch {
    return false;
  }
}

/** Is there a process with this number, or of the group with its negative, be it one that has ended and was not yet collected? */
export function processExists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The processes of a group that run. Only Linux says so. */
const membersOf = (pgid: number): number[] => processIds().filter((pid) => runsIn(pgid, pid));

/** Does a process of the group still run? Exact on Linux; elsewhere ended ones count until they are collected. */
export function groupAlive(pgid: number): boolean {
  if (!processExists(-pgid)) return false;
  if (process.platform !== 'linux') return true;
  return processIds().some((pid) => runsIn(pgid, pid));
}

const DRAINED_AT_ONCE = 64 * 1024;

/** What folders are called in which pipes for the output of commands are made, before the pipes lose their names. */
export const PIPE_FOLDER = 'ship-pipes-';
const OUR_PIPE = new RegExp(`/${PIPE_FOLDER}[^/]+/\\d+ \\(deleted\\)$`);

/**
 * Takes what the processes of a group have written to pipes that ship made for them, and that nobody reads any more: a full
 * one would keep them from coming to their end. What they pipe to one another is theirs. Only on Linux can somebody else's
 * pipe be opened; elsewhere this does nothing.
 */
export function drainGroup(pgid: number): void {
  const buffer = Buffer.allocUnsafe(DRAINED_AT_ONCE);
  for (const pid of membersOf(pgid)) for (const fd of [1, 2]) drain(`/proc/${pid}/fd/${fd}`, buffer);
}

function drain(path: string, buffer: Buffer): void {
  try {
    if (!OUR_PIPE.test(readlinkSync(path))) return;
    const pipe = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      readSync(pipe, buffer);
    } finally {
      closeSync(pipe);
    }
  } catch {
    // It is empty, or gone.
  }
}

/** A process that bears marks in its environment. */
export interface MarkedProcess {
  readonly pid: number;
  readonly pgid: number;
  /** Its command line, as the system shows it. */
  readonly command: string;
  /** The variables that it was started with. */
  readonly environment: readonly string[];
}

/**
 * The processes whose environment holds all these variables. Empty where the system does not show them, as only Linux does;
 * one that was given another environment is not found. This process, and those that started it, are never among them.
 */
export function markedProcesses(marks: Readonly<Record<string, string>>): MarkedProcess[] {
  return look(marks).found;
}

const LOOKS = 5;
const BETWEEN_LOOKS_MS = 2;

/**
 * As {@link markedProcesses}, and looks again where one could not be seen: while a process executes a program it shows no
 * environment, and one that ends may have started another. `since`: a process of the last second; older ones are not looked
 * at, because to read an environment takes its time.
 */
export async function findMarked(marks: Readonly<Record<string, string>>, since?: number): Promise<MarkedProcess[]> {
  const found = new Map<number, MarkedProcess>();
  for (let looks = 1; ; looks += 1) {
    const seen = look(marks, since);
    for (const each of seen.found) found.set(each.pid, each);
    if (seen.isAll || looks >= LOOKS) return [...found.values()];
    await pause(BETWEEN_LOOKS_MS);
  }
}

function look(marks: Readonly<Record<string, string>>, since?: number): { readonly found: MarkedProcess[]; readonly isAll: boolean } {
  const wanted = Object.entries(marks).map(([name, value]) => Buffer.from(`${name}=${value}`));
  const looked = since === undefined ? processIds() : processIds().filter(isYounger(since, newestProcess()));
  const found: MarkedProcess[] = [];
  let isAll = true;
  for (const pid of looked) {
    const environment = environmentOf(pid);
    if (environment === 'hidden') continue;
    if (environment.length > 0 && !wanted.every((each) => holdsVariable(environment, each))) continue;
    const stat = readStat(pid);
    if (stat?.ended || (environment.length === 0 && (stat?.ppid === KERNEL || pid === KERNEL))) continue;
    if (stat === undefined || environment.length === 0) isAll = false;
    else found.push({ pid, pgid: stat.pgid, command: commandOf(pid), environment: environment.toString('utf8').split('\0') });
  }
  const own = found.length === 0 ? undefined : groupsAbove();
  return { found: found.filter(({ pgid }) => !own?.has(pgid)), isAll };
}

/** The parent of the threads of the kernel, which have no environment; in a container it may be any process. */
const KERNEL = 2;

const commandOf = (pid: number): string =>
  (read(`/proc/${pid}/cmdline`) ?? '')
    .split(/[\0\s]+/)
    .join(' ')
    .trim();

/** Numbers are given in turn, and come round at the largest one: not twice in a second. */
const isYounger =
  (since: number, newest: number) =>
  (pid: number): boolean =>
    newest >= since ? pid >= since && pid <= newest : pid >= since || pid <= newest;

/** The last number that the system gave. */
const newestProcess = (): number => Number(read('/proc/loadavg')?.split(' ').at(-1) ?? 0);

/** A variable stands at the start of an environment, or after the end of another one. */
function holdsVariable(environment: Buffer, variable: Buffer): boolean {
  for (let at = environment.indexOf(variable); at >= 0; at = environment.indexOf(variable, at + 1)) {
    const end = at + variable.length;
    if ((at === 0 || environment[at - 1] === 0) && (end === environment.length || environment[end] === 0)) return true;
  }
  return false;
}

/** The group of this process, and those of the processes that it descends from. */
function groupsAbove(): Set<number> {
  const groups = new Set<number>();
  for (let pid = process.pid; pid > 0; ) {
    const stat = readStat(pid);
    if (stat === undefined) break;
    groups.add(stat.pgid);
    pid = stat.ppid;
  }
  return groups;
}

function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

const GONE = Buffer.alloc(0);

/** Of processes of others nobody may read it. Empty where there is none to be seen at this moment. */
function environmentOf(pid: number): Buffer | 'hidden' {
  try {
    return readFileSync(`/proc/${pid}/environ`);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'hidden' : GONE;
  }
}

function runsIn(pgid: number, pid: number): boolean {
  const stat = readStat(pid);
  return stat !== undefined && stat.pgid === pgid && !stat.ended;
}
