import type { Router, Weights } from '@ship/core';
import { errors } from './errors.js';
import { addUp } from './front/control.js';
import { isHealthy } from './process/health.js';
import { isRunning, listProcesses } from './process/records.js';
import type { FrontState, Release } from './records.js';
import { readRelease, swapCurrent } from './release/store.js';
import { ensureFront, frontState, putRoutes, readFront } from './routing/front.js';
import { targetsOf } from './routing/switch.js';
import { type Site, siteOf } from './site.js';

/** The router `front`: weights between the releases of a component that run, by their versions. */
export const frontRouter: Router = {
  weights: (ctx, component) => readWeights(siteOf(ctx, component)),
  shift: (ctx, component, weights) => shift(siteOf(ctx, component), weights),
  healthy: async (ctx, component, version) => {
    const site = siteOf(ctx, component);
    const release = pick(await runningReleases(site), version);
    return release !== undefined && isHealthy(site, release);
  },
};

async function readWeights(site: Site): Promise<Weights> {
  const state = await stateOf(site);
  const releases = await Promise.all(Object.keys(state.targets).map((id) => readRelease(site.layout, id)));
  const shares: Record<string, number> = {};
  for (const release of releases) {
    if (release) shares[release.version] = (shares[release.version] ?? 0) + (state.weights[release.id] ?? 0);
  }
  return shares;
}

async function shift(site: Site, weights: Weights): Promise<void> {
  if (!addUp(weights)) throw errors.SHIP_RELEASE_WEIGHTS({ component: site.name, weights: JSON.stringify(weights) });
  const front = await ensured(site);
  const running = await runningReleases(site);
  const shares: Record<string, number> = {};
  for (const [version, share] of Object.entries(weights)) {
    const release = pick(running, version);
    if (release) shares[release.id] = (shares[release.id] ?? 0) + share;
    else if (share > 0) throw notRunning(site, version, running);
  }
  await putRoutes(front, { targets: await targetsOf(site), weights: shares });
  const whole = Object.keys(shares).find((id) => shares[id] === 100);
  if (whole !== undefined) await swapCurrent(site.layout, whole);
}

async function ensured(site: Site) {
  const record = await readFront(site.layout);
  if (!record) throw errors.SHIP_RELEASE_NO_FRONT({ component: site.name });
  return ensureFront(site, { host: record.host, port: record.port });
}

async function stateOf(site: Site): Promise<FrontState> {
  await ensured(site);
  const state = await frontState(site.layout);
  if (!state) throw errors.SHIP_RELEASE_NO_FRONT({ component: site.name });
  return state;
}

async function runningReleases({ layout }: Site): Promise<Release[]> {
  const running = (await listProcesses(layout)).filter(isRunning);
  const releases = await Promise.all(running.map(({ release }) => readRelease(layout, release)));
  return releases.filter((release) => release !== undefined);
}

// Two releases may bear one version; the newer one is meant, unless the id of a release is given.
function pick(releases: readonly Release[], version: string): Release | undefined {
  return releases.find(({ id }) => id === version) ?? releases.findLast((release) => release.version === version);
}

function notRunning({ name }: Site, version: string, releases: readonly Release[]): Error {
  const running = releases.map((release) => release.version).join(', ');
  return errors.SHIP_RELEASE_NOT_RUNNING({ component: name, version, running });
}
