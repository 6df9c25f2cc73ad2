import { type ComponentState, makeFolder } from '@ship/core';
import { isFree } from '../process/port.js';
import { listProcesses } from '../process/records.js';
import { stopProcess } from '../process/stop.js';
import type { Release } from '../records.js';
import { createRelease } from '../release/create.js';
import { pruneReleases, removePartials } from '../release/store.js';
import { type Address, ensureFront, refuseTakenPort } from '../routing/front.js';
import { switchTo } from '../routing/switch.js';
import type { Site } from '../site.js';
import { startHealthy } from './bring-up.js';
import { describe, type ReleaseState } from './describe.js';
import { liveRelease } from './live.js';
import { retire } from './retire.js';

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
    await stopProcess(site.layout, release.id);
    throw error;
  });
}

/** Where every slot is held, what stands by gives its own up: the live release will stand by for the new one. */
async function makeRoom({ layout, settings: { slots } }: Site, live: string | undefined): Promise<void> {
  const free = await Promise.all(slots.map((slot) => isFree('127.0.0.1', slot)));
  if (slots.length === 0 || free.includes(true)) return;
  const idle = (await listProcesses(layout)).filter(({ release }) => release !== live);
  await Promise.all(idle.map(({ release }) => stopProcess(layout, release)));
}

function addressOf({ host, port }: Site['settings']): Address | undefined {
  return port === null ? undefined : { host, port };
}
