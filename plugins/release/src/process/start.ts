import { isAlive, makeFolder } from '@ship/core';
import { holder } from '../base/claim.js';
import { writeJson } from '../base/files.js';
import { until } from '../base/wait.js';
import { launch, newToken, unitName } from '../daemon/launch.js';
import { errors } from '../errors.js';
import type { ProcessRecord, Release } from '../records.js';
import type { Site } from '../site.js';
import { logTail } from './log.js';
import { freePort, isFree } from './port.js';
import { readProcess } from './records.js';

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
    gave_up: null,
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

function launchSupervisor({ layout, name }: Site, { release, token, unit }: ProcessRecord): Promise<void> {
  const args = [layout.root, release, token];
  const description = `ship: ${name}, release ${release}`;
  return launch({ entry: 'supervisor', args, token, description, folder: layout.root, log: layout.log(release), unit });
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
