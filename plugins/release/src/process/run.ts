import { randomInt } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { isAlive, makeFolder } from '@ship/core';
import { writeJson } from '../base/files.js';
import { holder } from '../base/identity.js';
import { until } from '../base/wait.js';
import { launch, newToken, stopDaemon, unitName } from '../daemon/daemon.js';
import { ROOT_MARK } from '../entries.js';
import { errors } from '../errors.js';
import type { ProcessRecord, Release } from '../records.js';
import type { Site } from '../site.js';
import { logTail, readProcess } from './records.js';

const START_MS = 15_000;

/** Starts a release under a supervisor of its own. The intent is on disk before anything starts. */
export async function startProcess(site: Site, release: Release): Promise<void> {
  const { layout, settings } = site;
  makeFolder(layout.processes);
  makeFolder(layout.logs);
  const token = newToken();
  const record: ProcessRecord = {
    release: release.id,
    token,
    unit: unitName(token, settings.systemd),
    port: release.port === null && site.router === undefined ? null : await portFor(site),
    supervisor: null,
    service: null,
    restarts: 0,
    last_end: null,
    stop_timeout_ms: release.stop_timeout_ms,
    killed: false,
  };
  await writeJson(layout.process(release.id), record);
  site.reached('intended');
  await launchSupervisor(site, record);
  site.reached('spawned');
  await waitForSupervisor(site, record);
  site.reached('claimed');
}

/** Any free port, or a slot that nobody holds: the live release keeps the other one. */
async function portFor({ name, settings: { slots } }: Site): Promise<number> {
  if (slots.length === 0) return freePort();
  for (const slot of slots) if (await isFree('127.0.0.1', slot)) return slot;
  throw errors.SHIP_RELEASE_NO_SLOT({ component: name, slots });
}

function launchSupervisor({ layout, name }: Site, { release, token, unit, stop_timeout_ms: stopMs }: ProcessRecord): Promise<void> {
  const args = [layout.root, release, token];
  const description = `ship: ${name}, release ${release}`;
  const log = layout.log(release);
  return launch({
    entry: 'supervisor',
    args,
    token,
    description,
    folder: layout.root,
    log,
    unit,
    stopMs,
    marks: { [ROOT_MARK]: layout.root },
  });
}

async function waitForSupervisor(site: Site, { release, token }: ProcessRecord): Promise<void> {
  const up = async () => {
    const identity = holder(site.layout.claim(release, token));
    if (identity && !isAlive(identity)) return false;
    return (await readProcess(site.layout, release))?.supervisor ? true : undefined;
  };
  const answer = await until(up, { timeoutMs: START_MS, intervalMs: 15, signal: site.ctx.signal });
  if (!answer) throw errors.SHIP_RELEASE_START_FAILED({ component: site.name, release, log: await logTail(site, release) });
}

/** Ends the process of a release with everything it started. False where it had none. */
export async function stopProcess({ layout, name, ctx }: Pick<Site, 'layout' | 'name' | 'ctx'>, id: string): Promise<void> {
  const record = await readProcess(layout, id);
  if (!record) return;
  const { token, unit, service, stop_timeout_ms: stopMs } = record;
  const claim = layout.claim(id, token);
  const killed = await stopDaemon({ name: id, token, unit, service, claim, stopMs });
  if (killed || (await readProcess(layout, id))?.killed) {
    ctx.log.warn(`${name}: release ${id} did not end within ${stopMs / 1000} s after TERM, and was killed; see \`stop_timeout\``);
  }
  // The record goes before the claim: a supervisor that comes up late finds one of the two and ends.
  await rm(layout.process(id), { force: true });
  await rm(claim, { force: true });
}

// Below the range from which the kernel takes ports for outgoing connections: one of those could hold
// the port at the moment in which the supervisor starts a crashed service again.
const FROM = 20_000;
const TO = 30_000;

/** A port of this machine that nobody holds. */
async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = randomInt(FROM, TO);
    if (await isFree('127.0.0.1', port)) return port;
  }
  throw errors.SHIP_RELEASE_NO_PORT({ from: FROM, to: TO });
}

/** Could somebody listen there now? */
export function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
