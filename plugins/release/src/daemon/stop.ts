import { groupAlive, isAlive, signalGroup } from '@ship/core';
import { holder, takeClaim } from '../base/claim.js';
import { type Identity, processesGiven, signal } from '../base/identity.js';
import { until } from '../base/wait.js';
import { errors } from '../errors.js';
import { stopLaunchedUnit, TOKEN_VARIABLE } from './launch.js';

/** A program that was started, or was about to be. */
export interface Started {
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
