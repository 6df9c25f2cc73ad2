import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupAlive } from '@ship/core';
import { type Identity, identityOf, signal } from '../base/identity.js';
import { until } from '../base/wait.js';
import type { Log } from './log.js';

/** What the supervisor writes down. */
export type Keep = (change: { service?: Identity | null; restarts?: number; gave_up?: string }) => Promise<void>;

/** A service to be kept running. */
export interface Service {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly log: Log;
  readonly keep: Keep;
}

const WINDOW_MS = 60_000;
const RESTARTS_IN_WINDOW = 10;
const TERM_MS = 10_000;

/** How long to wait before a restart, by the number of restarts of the last minute. */
export function backoffMs(recent: number): number {
  return Math.min(100 * 2 ** recent, 5000);
}

/** Starts the service, and again when it ends unasked. Resolves after SIGTERM or when it gave up. */
export async function keepRunning(service: Service): Promise<void> {
  const stop = stopRequest();
  const restarts: number[] = [];
  let total = 0;
  while (!stop.signal.aborted) {
    const ended = await runOnce(service, stop);
    if (stop.signal.aborted) return;
    const now = performance.now();
    while (restarts.length > 0 && now - restarts[0]! > WINDOW_MS) restarts.shift();
    if (restarts.length >= RESTARTS_IN_WINDOW) return giveUp(service, ended);
    service.log.note(`${ended}; starting it again in ${backoffMs(restarts.length)} ms`);
    await sleep(backoffMs(restarts.length), undefined, { signal: stop.signal }).catch(() => {});
    restarts.push(now);
    total += 1;
    await service.keep({ restarts: total });
  }
}

function stopRequest(): AbortController {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort());
  process.on('SIGHUP', () => {});
  return stop;
}

async function giveUp({ log, keep }: Service, ended: string): Promise<void> {
  const reason = `its process ended ${RESTARTS_IN_WINDOW + 1} times within a minute; the last time ${ended}`;
  log.note(reason);
  await keep({ gave_up: reason });
}

async function runOnce(service: Service, stop: AbortController): Promise<string> {
  const { command, cwd, env, log, keep } = service;
  const child = spawn(command[0]!, command.slice(1), { cwd, env: { ...env }, detached: true, stdio: ['ignore', log.fd, log.fd] });
  const ending = endOf(child);
  const end = () => child.pid !== undefined && void endGroup(child.pid);
  stop.signal.addEventListener('abort', end);
  if (child.pid !== undefined) await keep({ service: identityOf(child.pid) ?? null });
  const ended = await ending;
  stop.signal.removeEventListener('abort', end);
  // What the service started itself may still hold its port.
  if (child.pid !== undefined) await (stop.signal.aborted ? endGroup(child.pid) : killGroup(child.pid));
  return ended;
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`it could not be started: ${error.message}`));
    child.once('exit', (code, name) => resolve(name ? `it was ended by ${name}` : `it ended with exit code ${code}`));
  });
}

async function endGroup(group: number): Promise<void> {
  if (groupAlive(group)) signal(-group, 'SIGTERM');
  const ended = await until(() => !groupAlive(group) || undefined, { timeoutMs: TERM_MS, intervalMs: 25 });
  if (!ended) await killGroup(group);
}

async function killGroup(group: number): Promise<void> {
  if (groupAlive(group)) signal(-group, 'SIGKILL');
  await until(() => !groupAlive(group) || undefined, { timeoutMs: 2000, intervalMs: 10 });
}
