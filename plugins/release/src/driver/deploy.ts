import { type ComponentState, makeFolder } from '@ship/core';
import { until } from '../base/wait.js';
import { errors } from '../errors.js';
import { isHealthy, waitHealthy } from '../process/health.js';
import { isRunning, listProcesses, readProcess } from '../process/records.js';
import { isFree, startProcess, stopProcess } from '../process/run.js';
import type { ProcessRecord, Release } from '../records.js';
import { createRelease } from '../release/create.js';
import { damageOf, pruneReleases, readRelease, removePartials } from '../release/store.js';
import { type Address, ensureFront, refuseTakenPort, stopFront } from '../routing/front.js';
import { drain, forgetTargets, switchTo } from '../routing/switch.js';
import type { Site } from '../site.js';
import { describe, liveRelease, type ReleaseState } from './live.js';

/** Copy, start, wait for health, switch, drain, stop the old one: in this order nothing is ever down. */
export async function deploy(site: Site): Promise<ComponentState<ReleaseState>> {
  const address = addressOf(site.settings);
  if (address) await refuseTakenPort(site, address);
  const previous = await liveRelease(site.layout);
  makeFolder(site.layout.root);
  await removePartials(site.layout);
  const release = await createRelease(site);
  await site.ctx.created({ type: 'release', id: `${site.name}/${release.id}`, provenance: 'created' });
  await makeRoom(site, previous);
  await startHealthy(site, release);
  if (address) await holdAddress(site, release, address);
  await switchTo(site, release);
  await retire(site, release, (id) => id === previous);
  const spare = new Set([release.id, previous ?? release.id]);
  await pruneReleases(site.layout, site.settings.keep, spare);
  site.reached('pruned');
  return (await describe(site))!;
}

// Nothing reaches the new release yet, so a front that does not come up leaves the old one as it is.
async function holdAddress(site: Site, release: Release, address: Address): Promise<void> {
  await ensureFront(site, address).catch(async (error) => {
    await stopProcess(site, release.id);
    throw error;
  });
}

/** Where every slot is held, what stands by gives its own up: the live release will stand by for the new one. */
async function makeRoom(site: Site, live: string | undefined): Promise<void> {
  const { layout } = site;
  const { slots } = site.settings;
  const free = await Promise.all(slots.map((slot) => isFree('127.0.0.1', slot)));
  if (slots.length === 0 || free.includes(true)) return;
  const idle = (await listProcesses(layout)).filter(({ release }) => release !== live);
  await Promise.all(idle.map(({ release }) => stopProcess(site, release)));
}

function addressOf({ host, port }: Site['settings']): Address | undefined {
  return port === null ? undefined : { host, port };
}

const SECOND_CHANCE_MS = 10_000;

/** Starts a release and resolves when it serves. Where it does not, only it is stopped. */
async function startHealthy(site: Site, release: Release): Promise<void> {
  const serving = await servingNow(site, release.id);
  try {
    await startProcess(site, release);
    await waitHealthy(site, release, serving);
  } catch (error) {
    // The first error says what went wrong; a process that does not end is told as well, and met again by `restore`.
    await stopProcess(site, release.id).catch((second) => site.ctx.log.warn(second.message));
    throw error;
  }
}

/** Resolves when a release that is on disk serves, started where it does not. */
export async function bringUp(site: Site, release: Release): Promise<void> {
  if (await isOrBecomesHealthy(site, release)) return;
  const reason = await damageOf(site.layout, release.id);
  if (reason !== undefined) throw errors.SHIP_RELEASE_MISSING({ component: site.name, release: release.id, reason });
  await stopProcess(site, release.id);
  await startHealthy(site, release);
}

// One late answer is no reason to stop a process that may be serving right now.
async function isOrBecomesHealthy(site: Site, release: Release): Promise<boolean> {
  const ask = async () => {
    if (await isHealthy(site, release)) return true;
    return isRunning(await readProcess(site.layout, release.id)) ? undefined : false;
  };
  const { timeout_ms, interval_ms: intervalMs } = release.health;
  return (await until(ask, { timeoutMs: Math.min(timeout_ms, SECOND_CHANCE_MS), intervalMs, signal: site.ctx.signal })) ?? false;
}

async function servingNow({ layout }: Site, except: string): Promise<string> {
  const live = await liveRelease(layout);
  const release = live === undefined || live === except ? undefined : await readRelease(layout, live);
  return release ? `${release.version} is still live` : 'nothing else was live';
}

/** May a release that is not live keep its process? */
export type StandsBy = (release: string) => boolean;

/** The processes that have to end, now that this release is live. */
export async function superfluous(site: Site, live: string, standsBy: StandsBy): Promise<ProcessRecord[]> {
  const records = await listProcesses(site.layout);
  return records.filter(({ release }) => release !== live && !(site.settings.standby && standsBy(release)));
}

/** Lets every other release finish what it is doing, and ends it. */
export async function retire(site: Site, live: Release, standsBy: StandsBy): Promise<void> {
  const leaving = (await superfluous(site, live.id, standsBy)).map(({ release }) => release);
  await drain(site, leaving);
  site.reached('drained');
  await Promise.all(leaving.map((id) => stopProcess(site, id)));
  if (live.port === null) await stopFront(site.layout);
  else await forgetTargets(site);
  site.reached('stopped');
}
