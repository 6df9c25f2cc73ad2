import { gunzipSync } from 'node:zlib';
import type { ComponentState, Restored } from '@ship/core';
import {
  type Captured,
  identityOf,
  type KubeObject,
  leftOf,
  nameOf,
  provenPods,
  replicasText,
  restartStale,
  startedSince,
  volumesOf,
  workloadsIn,
} from '@ship/kube';
import { errors } from '../errors.js';
import { render } from '../objects/render.js';
import { isKept, rollOut } from './deploy.js';
import { CLAIM, type Found, find, isOwn, labelled } from './found.js';
import { putBack } from './put-back.js';
import type { KubectlState, Site } from './site.js';
import { restoreTraffic, trafficLeft } from './traffic.js';

/** Makes what was captured live again, waits until it is ready, and compares what is live with it, field by field. */
export async function restore(site: Site, state: ComponentState<KubectlState> | undefined): Promise<Restored> {
  if (state === undefined) return removeAll(site);
  const { cluster, settings, name, ctx } = site;
  const kept = await keptOf(site, state);
  const now = await foundNow(site, kept);
  const differing = kept.objects.filter((each) => leftOf(now.objects, [each], kept).length > 0);
  const extras = extrasOf(site, now, kept);
  const [gone, stay] = [extras.filter((each) => !isKept(each)), extras.filter(isKept)];
  if (differing.length === 0 && gone.length === 0 && (await leftNow(site, now, kept, state)).length === 0) {
    await rollOut(site, kept.objects, state.driver.restarts);
    return { changed: false };
  }
  demandClaims(site, now, kept);
  // What scales by itself goes first: it would change the replicas that are put back.
  const [scalers, others] = [gone.filter(isScaler), gone.filter((each) => !isScaler(each))];
  await cluster.remove(scalers, settings.timeoutMs);
  const said = replicasText(now.objects, differing);
  const started = await startedSince(cluster, kept, differing);
  const overwritten = await putBack(site, now, kept, differing);
  for (const line of overwritten) ctx.log.warn(`${name}: ${line}, and it is what it was again`);
  await rollOut(site, kept.objects, state.driver.restarts);
  const restarted = await restartStale(cluster, {
    ...{ kept, differing, started, timeoutMs: settings.timeoutMs },
    rollOut: () => rollOut(site, kept.objects, {}),
  });
  await restoreTraffic(site, state);
  await cluster.remove(others, settings.timeoutMs);
  await prove(site, kept, state, gone);
  const notes = [...said, ...restarted, ...overwritten.map((line) => `overwritten: ${line}`)];
  return {
    changed: true,
    summary: [`${name} is at ${state.version} again`, ...notes].join('; '),
    ...(stay.length === 0 ? {} : { kept: `${stay.map(nameOf).join(', ')} stays, with what was written into it` }),
  };
}

/** What was captured, opened. */
export async function keptOf({ objects }: Pick<Site, 'objects'>, { driver }: ComponentState<KubectlState>): Promise<Captured> {
  // Only what was described for a person who looks has none, and nobody restores that.
  return JSON.parse(gunzipSync(await objects.get(driver.kept!)).toString('utf8')) as Captured;
}

/** What is live of what was captured, and what else the component has now. */
export async function foundNow(site: Site, kept: Captured): Promise<Found> {
  const { settings } = site;
  const { form } = settings;
  // The manifests of now say of which kinds there may be more; they may be gone, or broken, and that is no reason not to go back.
  const rendered = form.kind === 'image' ? [] : await render(site, form.path).catch(() => []);
  const own = form.kind === 'image' ? [] : await labelled(site, [...kept.objects, ...rendered]);
  const isFound = new Set(own.map(identityOf));
  const others = await site.cluster.named(kept.objects.filter((each) => !isFound.has(identityOf(each))));
  return { objects: [...own, ...others], rendered: [], scaled: new Set(Object.keys(kept.scaled)) };
}

const extrasOf = ({ settings, label }: Site, now: Found, kept: Captured): KubeObject[] => {
  const isThen = new Set([...kept.objects.map(identityOf), ...kept.jobs]);
  return settings.form.kind === 'image' ? [] : now.objects.filter((each) => isOwn(each, label) && !isThen.has(identityOf(each)));
};

const isScaler = ({ kind }: KubeObject): boolean => kind === 'HorizontalPodAutoscaler';

/** Claims that are gone: the volume would be another one. */
export const missingClaims = (now: Found, kept: Captured): KubeObject[] => {
  const isThere = new Set(now.objects.map(identityOf));
  return kept.objects.filter((each) => each.kind === CLAIM && !isThere.has(identityOf(each)));
};

function demandClaims({ name }: Site, now: Found, kept: Captured): void {
  const missing = missingClaims(now, kept);
  if (missing.length > 0) throw errors.SHIP_KUBECTL_GONE({ component: name, missing: `${missing.map(nameOf).join(', ')} is gone` });
}

async function prove(site: Site, kept: Captured, state: ComponentState<KubectlState>, gone: readonly KubeObject[]): Promise<void> {
  const left = [
    ...(await leftNow(site, await foundNow(site, kept), kept, state)),
    ...(await site.cluster.named(gone)).map((each) => `${nameOf(each)} is there, and was not`),
  ];
  if (left.length > 0) throw errors.SHIP_KUBECTL_UNPROVEN({ component: site.name, left: [...new Set(left)].slice(0, 10) });
}

/** All that is not what it was, in words. */
async function leftNow(site: Site, now: Found, kept: Captured, state: ComponentState<KubectlState>): Promise<string[]> {
  const extras = extrasOf(site, now, kept).filter(({ kind }) => kind !== CLAIM);
  return [
    ...leftOf(now.objects, kept.objects, kept),
    ...extras.map((each) =>
      isKept(each)
        ? `${nameOf(each)} was there before the component, and what it was then nobody has kept`
        : `${nameOf(each)} is there, and was not`,
    ),
    ...(await provenPods(site.cluster, now.objects, state.driver.digests)),
    ...(await trafficLeft(site, state)),
  ];
}

/** Takes away what was made where nothing was before. Claims of volumes stay, with what was written into them. */
async function removeAll(site: Site): Promise<Restored> {
  const { cluster, settings, label, name } = site;
  if (settings.form.kind === 'image') return { changed: false };
  const { objects } = await find(site);
  const own = objects.filter((each) => isOwn(each, label));
  const [gone, stay] = [own.filter((each) => !isKept(each)), own.filter(isKept)];
  await cluster.remove(gone, settings.timeoutMs);
  const left = await cluster.named(gone);
  if (left.length > 0)
    throw errors.SHIP_KUBECTL_UNPROVEN({ component: name, left: left.map((each) => `${nameOf(each)} is there, and was not`) });
  const volumes = [...stay.map(nameOf), ...workloadsIn(gone).flatMap(volumesOf)];
  if (gone.length === 0 && volumes.length === 0) return { changed: false };
  return volumes.length === 0
    ? { changed: true, summary: `${name} is away: ${gone.map(nameOf).join(', ')}` }
    : { changed: gone.length > 0, kept: `${name} is away, and ${volumes.join(', ')} stays, with what was written into it` };
}
