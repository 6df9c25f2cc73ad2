import type { ComponentState } from '@ship/core';
import type { Layout } from '../layout.js';
import { isHealthy } from '../process/health.js';
import { isRunning, readProcess } from '../process/records.js';
import type { Release } from '../records.js';
import { readCurrent, readRelease } from '../release/store.js';
import { ensureFront, frontState, readFront } from '../routing/front.js';
import type { Site } from '../site.js';

/**
 * The release that is live: the one that the front sends most requests to. `current` speaks where there is
 * no front, and follows the front otherwise: a killed deployment may have switched one and not the other.
 */
export async function liveRelease(layout: Layout): Promise<string | undefined> {
  const current = await readCurrent(layout);
  const front = await readFront(layout);
  const shares = Object.entries(front?.routes.weights ?? {}).filter(([, share]) => share > 0);
  const most = Math.max(...shares.map(([, share]) => share));
  const leaders = shares.filter(([, share]) => share === most).map(([id]) => id);
  return current !== undefined && leaders.includes(current) ? current : (leaders[0] ?? current);
}

/** What restores a release: its id, and the root that it stands under. */
export type ReleaseState = { release: string; root: string };

/** What is live now. A front that died while its service runs is started again. */
export async function describe(site: Site): Promise<ComponentState<ReleaseState> | undefined> {
  const live = await liveRelease(site.layout);
  if (live === undefined) return undefined;
  const release = await readRelease(site.layout, live);
  const driver = { release: live, root: site.layout.root };
  if (!release) return { version: 'unknown', config_hash: '', healthy: false, driver };
  await reviveFront(site, release);
  return { version: release.version, config_hash: release.config_hash, healthy: await serves(site, release), driver };
}

async function serves(site: Site, release: Release): Promise<boolean> {
  if (!(await isHealthy(site, release))) return false;
  if (site.router) return ((await site.router.weights())[release.version] ?? 0) > 0;
  return release.port === null || ((await frontState(site.layout))?.weights[release.id] ?? 0) > 0;
}

async function reviveFront(site: Site, { id, host, port }: Release): Promise<void> {
  const wanted = port !== null && (await readFront(site.layout)) !== undefined;
  if (!wanted || !isRunning(await readProcess(site.layout, id))) return;
  await ensureFront(site, { host, port }).catch((error) => site.ctx.log.warn(`${site.name}: ${error.message}`));
}
