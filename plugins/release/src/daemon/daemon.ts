import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { groupAlive, isAlive, signalGroup } from '@ship/core';
import { holder, type Identity, processesGiven, signal, takeClaim } from '../base/identity.js';
import { until } from '../base/wait.js';
import { type EntryName, entryPath } from '../entries.js';
import { errors } from '../errors.js';
import { inheritedEnvironment } from '../release/create.js';
import { startUnit, stopUnit, type Unit } from './commands.js';

/** The variable by which everything that a daemon starts is found again. */
const TOKEN_VARIABLE = 'SHIP_RELEASE_TOKEN';

/** A program of this plugin that outlives `ship`. */
interface Daemon {
  readonly entry: EntryName;
  readonly args: readonly string[];
  readonly token: string;
  readonly description: string;
  readonly folder: string;
  readonly log: string;
  readonly unit: string | null;
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
  const { description, folder, log } = daemon;
  const unit: Unit = { name, description, user: isUser(), folder, log, env: environmentOf(daemon), argv: argvOf(daemon) };
  const [command = '', ...args] = startUnit(unit);
  return promisify(execFile)(command, args).then(
    () => true,
    () => false,
  );
}

function argvOf({ entry, args }: Daemon): string[] {
  return [process.execPath, '--max-semi-space-size=1', entryPath(entry), ...args];
}

function environmentOf({ token }: Daemon): Record<string, string> {
  return { ...inheritedEnvironment(), [TOKEN_VARIABLE]: token };
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
}

// The supervisor gives its service 10 s before it kills it, so it needs a little longer itself.
const GRACE_MS = 12_000;

/** Ends a program with everything it started. A start that is still under way is called off. */
export async function stopDaemon(started: Started): Promise<void> {
  const calledOff = takeClaim(started.claim, { cancelled: true });
  const identity = calledOff ? undefined : holder(started.claim);
  if (started.unit !== null) await stopLaunchedUnit(started.unit);
  if (identity) await end(identity);
  if (started.service && isAlive(started.service)) signalGroup(started.service.pid, 'SIGKILL');
  await endStrays(started);
}

async function end(identity: Identity): Promise<void> {
  if (isAlive(identity)) signal(identity.pid, 'SIGTERM');
  if (await isGone(identity, GRACE_MS)) return;
  if (isAlive(identity)) signal(identity.pid, 'SIGKILL');
  await isGone(identity, 2000);
}

async function isGone(identity: Identity, timeoutMs: number): Promise<boolean> {
  return (await until(() => (isAlive(identity) ? undefined : true), { timeoutMs, intervalMs: 20 })) ?? false;
}

// Finds what a killed supervisor left behind, and what a service started outside its own group.
async function endStrays({ name, token, service }: Started): Promise<void> {
  const strays = () => processesGiven(`${TOKEN_VARIABLE}=${token}`);
  for (const pid of strays()) signal(pid, 'SIGKILL');
  const gone = () => strays().length === 0 && !(service && isAlive(service) && groupAlive(service.pid));
  const ended = await until(() => gone() || undefined, { timeoutMs: 5000, intervalMs: 20 });
  if (!ended) throw errors.SHIP_RELEASE_STILL_RUNNING({ release: name, pids: strays().join(',') });
}
