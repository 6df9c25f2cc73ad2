import type { ComponentState } from '@ship/core';
import type { Layout } from '../layout.js';
import { whyUnhealthy } from '../process/health.js';
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

/** What is live now. A front that died while its service runs is started again, unless somebody only looks. */
export async function describe(site: Site): Promise<ComponentState<ReleaseState> | undefined> {
  const live = await liveRelease(site.layout);
  if (live === undefined) return undefined;
  const release = await readRelease(site.layout, live);
  const driver = { release: live, root: site.layout.root };
  if (!release) return { version: 'unknown', config_hash: '', healthy: false, driver };
  if (!site.ctx.looks) await reviveFront(site, release);
  const reason = await whyNotServing(site, release);
  if (reason !== undefined) site.ctx.log.warn(`${site.name}: ${release.version} does not serve: ${site.ctx.redact(reason)}`);
  const healthy = reason === undefined;
  return { version: release.version, config_hash: release.config_hash, healthy, driver };
}

/** Why no request reaches it, or it does not answer; `undefined` where all is well. */
export async function whyNotServing(site: Site, release: Release): Promise<string | undefined> {
  const reason = await whyUnhealthy(site, release);
  if (reason !== undefined) return reason;
  if (site.router) return ((await site.router.weights())[release.version] ?? 0) > 0 ? undefined : 'its router sends it no request';
  if (release.port === null) return undefined;
  const state = await frontState(site.layout);
  if (state === undefined) return 'its front does not answer';
  return (state.weights[release.id] ?? 0) > 0 ? undefined : 'its front sends it no request';
}

async function reviveFront(site: Site, { id, host, port }: Release): Promise<void> {
  const wanted = port !== null && (await readFront(site.layout)) !== undefined;
  if (!wanted || !isRunning(await readProcess(site.layout, id))) return;
  await ensureFront(site, { host, port }).catch((error) => site.ctx.log.warn(`${site.name}: ${error.message}`));
}
