import { until } from '../base/wait.js';
import { errors } from '../errors.js';
import { isHealthy, waitHealthy } from '../process/health.js';
import { isRunning, readProcess } from '../process/records.js';
import { startProcess } from '../process/start.js';
import { stopProcess } from '../process/stop.js';
import type { Release } from '../records.js';
import { damageOf, readRelease } from '../release/store.js';
import type { Site } from '../site.js';
import { liveRelease } from './live.js';

const SECOND_CHANCE_MS = 10_000;

/** Starts a release and resolves when it serves. Where it does not, only it is stopped. */
export async function startHealthy(site: Site, release: Release): Promise<void> {
  const serving = await servingNow(site, release.id);
  try {
    await startProcess(site, release);
    await waitHealthy(site, release, serving);
  } catch (error) {
    // The first error says what went wrong; a process that does not end is told as well, and met again by `restore`.
    await stopProcess(site.layout, release.id).catch((second) => site.ctx.log.warn(second.message));
    throw error;
  }
}

/** Resolves when a release that is on disk serves, started where it does not. */
export async function bringUp(site: Site, release: Release): Promise<void> {
  if (await isOrBecomesHealthy(site, release)) return;
  const reason = await damageOf(site.layout, release.id);
  if (reason !== undefined) throw errors.SHIP_RELEASE_MISSING({ component: site.name, release: release.id, reason });
  await stopProcess(site.layout, release.id);
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
