import { until } from '../base/wait.js';
import { targetOf } from '../process/health.js';
import { listProcesses } from '../process/records.js';
import type { FrontRecord, Release, Routes } from '../records.js';
import { markServed, swapCurrent } from '../release/store.js';
import type { BoundRouter, Site } from '../site.js';
import { askState, DYING_MS, ensureFront, isUp, putRoutes, readFront } from './front.js';

/** Makes a release that runs the one that requests reach, from one request to the next. */
export async function switchTo(site: Site, release: Release): Promise<void> {
  if (release.port !== null) {
    const front = await ensureFront(site, { host: release.host, port: release.port });
    site.reached('front');
    await putRoutes(front, { targets: await targetsOf(site), weights: { [release.id]: 100 } });
    site.reached('switched');
  } else if (site.router) {
    // By its id: two releases may bear one version.
    await site.router.shift({ [release.id]: 100 });
    site.reached('switched');
  }
  await markServed(site.layout, release.id);
  await swapCurrent(site.layout, release.id);
  site.reached('current');
}

/** Where the releases listen that run, or that their supervisors are starting again just now. */
export async function targetsOf({ layout }: Pick<Site, 'layout'>): Promise<Routes['targets']> {
  const targets = (await listProcesses(layout)).map((record) => [record.release, targetOf(record)] as const);
  return Object.fromEntries(targets.flatMap(([id, target]) => (target ? [[id, target]] : [])));
}

/** Resolves when no request is under way on these releases, or when the time to drain is over. */
export async function drain(site: Site, releases: readonly string[]): Promise<void> {
  if (site.router) return drainRouter(site, site.router, releases);
  const front = await readFront(site.layout);
  if (!isUp(front) || releases.length === 0) return;
  const quiet = async () => {
    const state = await whileItLives(front, () => askState(front));
    return state === undefined || releases.every((id) => !state.in_flight[id]) || undefined;
  };
  const patience = { timeoutMs: site.settings.drain_timeout_ms, intervalMs: 25, signal: site.ctx.signal };
  if (!(await until(quiet, patience))) site.ctx.log.warn(`${site.name}: requests were still under way after drain_timeout; they are cut`);
}

/** A router that cannot tell what is under way is given the time that requests usually take. */
const USUAL_MS = 1000;

async function drainRouter({ settings, ctx }: Site, router: BoundRouter, releases: readonly string[]): Promise<void> {
  if (releases.length === 0) return;
  const { busy } = router;
  const isQuiet = async () => ((await Promise.all(releases.map((id) => busy!(id)))).includes(true) ? undefined : true);
  const never = async () => undefined;
  const timeoutMs = busy ? settings.drain_timeout_ms : Math.min(USUAL_MS, settings.drain_timeout_ms);
  await until<true>(busy ? isQuiet : never, { timeoutMs, intervalMs: 25, signal: ctx.signal });
}

/** Takes releases that ended out of the front's targets. */
export async function forgetTargets(site: Site): Promise<void> {
  const front = await readFront(site.layout);
  if (!isUp(front)) return;
  await whileItLives(front, async () => {
    const { weights } = await askState(front);
    await putRoutes(front, { targets: await targetsOf(site), weights });
  });
}

/** What a front answers; undefined where it has died, and its requests with it. It finds its targets anew when it is started again. */
async function whileItLives<T>(front: FrontRecord, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    const isGone = await until(() => !isUp(front) || undefined, { timeoutMs: DYING_MS, intervalMs: 15 });
    if (isGone) return undefined;
    throw error;
  }
}
