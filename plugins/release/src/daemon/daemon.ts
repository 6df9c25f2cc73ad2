import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { groupAlive, isAlive, signalGroup } from '@ship/core';
import { callOff, holder, type Identity, processesGiven, signal } from '../base/identity.js';
import { until } from '../base/wait.js';
import { type EntryName, entryPath, TOKEN_MARK } from '../entries.js';
import { errors } from '../errors.js';
import { inheritedEnvironment } from '../release/create.js';
import { startUnit, stopUnit, type Unit } from './commands.js';

/** A program of this plugin that outlives `ship`. */
interface Daemon {
  readonly entry: EntryName;
  readonly args: readonly string[];
  readonly token: string;
  readonly description: string;
  readonly folder: string;
  readonly log: string;
  readonly unit: string | null;
  /** How long it may take to end. */
  readonly stopMs: number;
  /** Further variables by which it is found. */
  readonly marks?: Readonly<Record<string, string>>;
}

/** A name for one start of one program, never used again. */
export function newToken(): string {
  return randomBytes(8).toString('hex');
}

/** The unit in which systemd would hold the program; null where systemd does not run or is not wanted. */
export function unitName(token: string, wanted: boolean): string | null {
  return wanted && existsSync('/run/systemd/system') ? `ship-release-${token}.service` : null;
}

/** Starts the program apart from `ship`: in its own session, or as a unit. It says itself when it is up. */
export async function launch(daemon: Daemon): Promise<void> {
  if (daemon.unit !== null && (await startsAsUnit(daemon.unit, daemon))) return;
  const log = await open(daemon.log, 'a', 0o600);
  try {
    const [command = '', ...args] = argvOf(daemon);
    const options = { cwd: daemon.folder, env: environmentOf(daemon), detached: true, stdio: ['ignore', log.fd, log.fd] as const };
    const child = spawn(command, args, { ...options, stdio: [...options.stdio] });
    await once(child, 'spawn');
    child.unref();
  } finally {
    await log.close();
  }
}

/** Ends the unit of a program; systemd would start it again otherwise. */
async function stopLaunchedUnit(name: string): Promise<void> {
  const [command = '', ...args] = stopUnit({ name, user: isUser() });
  // The unit is gone already when it failed or was never started.
  await promisify(execFile)(command, args).catch(() => {});
}

// Without a session bus `systemd-run --user` refuses; the program then runs in a session of its own.
async function startsAsUnit(name: string, daemon: Daemon): Promise<boolean> {
  const { description, folder, log, stopMs } = daemon;
  const own = { user: isUser(), umask: process.umask(), env: environmentOf(daemon), argv: argvOf(daemon) };
  const unit: Unit = { name, description, folder, log, stopMs, ...own };
  const [command = '', ...args] = startUnit(unit);
  return promisify(execFile)(command, args).then(
    () => true,
    () => false,
  );
}

function argvOf({ entry, args }: Daemon): string[] {
  return [process.execPath, '--max-semi-space-size=1', entryPath(entry), ...args];
}

function environmentOf({ token, marks }: Daemon): Record<string, string> {
  return { ...inheritedEnvironment(), ...marks, [TOKEN_MARK]: token };
}

function isUser(): boolean {
  return process.getuid?.() !== 0;
}

/** A program that was started, or was about to be. */
interface Started {
  readonly name: string;
  readonly token: string;
  readonly unit: string | null;
  readonly claim: string;
  /** The process whose group it leads, where it has one. */
  readonly service: Identity | null;
  /** How long it may take to end. */
  readonly stopMs: number;
}

/** A supervisor kills its service itself when its time is over, so it needs a little longer. */
export const LONGER_MS = 3_000;

/** Ends a program with everything it started. A start that is still under way is called off. True where something had to be killed. */
export async function stopDaemon(started: Started): Promise<boolean> {
  const { claim, unit, service, stopMs } = started;
  let killed = false;
  // It may be started again in the moment in which it ends, so whoever holds the start is ended until it is called off.
  while (!callOff(claim)) {
    const identity = holder(claim);
    if (!identity) break;
    if (unit !== null) await stopLaunchedUnit(unit);
    const inTime = await end(identity, stopMs + LONGER_MS, (name) => signal(identity.pid, name));
    killed ||= !inTime;
    if (isAlive(identity)) break;
  }
  if (unit !== null) await stopLaunchedUnit(unit);
  // Its supervisor was killed.
  if (service && isAlive(service)) killed = !(await end(service, stopMs, (name) => signalGroup(service.pid, name))) || killed;
  await endStrays(started);
  return killed;
}

/** Ends whatever is found, and what is found while it ends. False where there was nothing. */
export async function endFound(find: () => Promise<number[]> | number[], name: string, graceMs: number): Promise<boolean> {
  const found = (await find()).length > 0;
  for (const signalName of ['SIGTERM', 'SIGKILL'] as const) {
    for (const pid of await find()) signal(pid, signalName);
    const gone = async () => (await find()).length === 0 || undefined;
    if (await until(gone, { timeoutMs: graceMs, intervalMs: 25 })) return found;
  }
  throw errors.SHIP_RELEASE_STILL_RUNNING({ release: name, pids: (await find()).join(',') });
}

/** True where it ended in time. */
async function end(identity: Identity, graceMs: number, send: (name: NodeJS.Signals) => void): Promise<boolean> {
  if (isAlive(identity)) send('SIGTERM');
  if (await isGone(identity, graceMs)) return true;
  if (isAlive(identity)) send('SIGKILL');
  await isGone(identity, 2000);
  return false;
}

async function isGone(identity: Identity, timeoutMs: number): Promise<boolean> {
  return (await until(() => (isAlive(identity) ? undefined : true), { timeoutMs, intervalMs: 20 })) ?? false;
}

// Finds what a killed supervisor left behind, and what a service started outside its own group.
async function endStrays({ name, token, service }: Started): Promise<void> {
  const strays = () => processesGiven(`${TOKEN_MARK}=${token}`);
  for (const pid of strays()) signal(pid, 'SIGKILL');
  const gone = () => strays().length === 0 && !(service && isAlive(service) && groupAlive(service.pid));
  const ended = await until(() => gone() || undefined, { timeoutMs: 5000, intervalMs: 20 });
  if (!ended) throw errors.SHIP_RELEASE_STILL_RUNNING({ release: name, pids: strays().join(',') });
}
