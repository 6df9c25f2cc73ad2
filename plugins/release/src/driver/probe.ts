import type { ComponentState, Probed } from '@ship/core';
import { listProcesses } from '../process/records.js';
import { listReleases, readRelease } from '../release/store.js';
import { readFront } from '../routing/front.js';
import type { Site } from '../site.js';
import type { ReleaseState } from './describe.js';
import { liveRelease } from './live.js';
import { isRestored } from './restore.js';

/** Compares what is there with `before`: is a deployment untouched, half done, or done? */
export async function probe(site: Site, before: ComponentState<ReleaseState> | undefined): Promise<Probed> {
  const live = await liveRelease(site.layout);
  const release = live === undefined ? undefined : await readRelease(site.layout, live);
  if (live === before?.driver.release) return (await isUntouched(site, before)) ? 'untouched' : 'partial';
  return release && (await isRestored(site, release)) ? 'done' : 'partial';
}

async function isUntouched(site: Site, before: ComponentState<ReleaseState> | undefined): Promise<boolean> {
  const releases = await listReleases(site.layout);
  if (before === undefined) return releases.length === 0 && (await readFront(site.layout)) === undefined;
  const newer = (await listProcesses(site.layout)).filter(({ release }) => release > before.driver.release);
  return newer.length === 0;
}
