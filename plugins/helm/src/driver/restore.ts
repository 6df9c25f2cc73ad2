import { gunzipSync } from 'node:zlib';
import type { ComponentState, Restored } from '@ship/core';
import {
  differencesFrom,
  disownUpdate,
  foreignOwners,
  identityOf,
  type KubeObject,
  leftOf,
  type Measure,
  nameOf,
  pathText,
  provenPods,
  replaceWhole,
  replicasText,
  restartStale,
  startedSince,
  type Workload,
} from '@ship/kube';
import { errors } from '../errors.js';
import { pendingOf, type Revision, readRelease, revisionsOf } from '../release/storage.js';
import { keepClaims } from './claims.js';
import { keepingReplicas } from './deploy.js';
import { CLAIM, isKept, type Kept, replicasOf, withGiven } from './found.js';
import { installKept, rollBack } from './go-back.js';
import { bookOf, describe } from './live.js';
import { demandOwn } from './pending.js';
import { madeBy, staysText, uninstall } from './remove.js';
import { rollOut } from './roll-out.js';
import { HELM, type ReleaseState, type Site } from './site.js';

/** Makes a captured revision live again, waits until it is ready, and compares what is live with what was, field by field. */
export async function restore(site: Site, state: ComponentState<ReleaseState> | undefined): Promise<Restored> {
  const { cluster, settings, ctx, name } = site;
  const revisions = await revisionsOf(cluster, settings.release);
  // One that is on its way out already is no obstacle to its removal.
  if (state !== undefined || pendingOf(revisions)?.status !== 'uninstalling') await demandOwn(site, revisions);
  if (state === undefined) return uninstall(site, revisions);
  const kept = await keptOf(site, state);
  const { captured } = kept;
  const extras = await extrasOf(site, revisions, state, kept);
  if (extras.gone.length === 0 && (await isBack(site, state, kept))) return { changed: false };
  const now = await cluster.named(captured.objects);
  demandClaims(site, now, kept);
  const differing = expectedOf(kept, now).filter((each) => leftOf(now, [each], measureOf(kept)).length > 0);
  const said = replicasText(now, differing);
  const overwritten = overwrittenIn(now, differing, kept);
  const started = await startedSince(cluster, captured, differing);
  await keepClaims(site, extras.stay);
  await keepingReplicas(site, () => goBack(site, state, kept, revisions));
  await putBack(site, kept);
  await cluster.remove(await cluster.named(extras.gone), settings.timeoutMs);
  const ready = () => rollOut(site, captured.objects, state.driver.restarts);
  await ready();
  const restarted = await restartStale(cluster, { kept: captured, differing, started, timeoutMs: settings.timeoutMs, rollOut: ready });
  for (const line of overwritten) ctx.log.warn(`${name}: ${line}, and it is what it was again`);
  await prove(site, state, kept, extras.gone);
  const last = (await revisionsOf(cluster, settings.release)).at(-1)!;
  const notes = [
    ...[...said, ...restarted, ...overwritten.map((line) => `overwritten: ${line}`)],
    ...staysText(extras.stay, 'with what was written into it'),
    ...staysText(extras.ofHooks, 'as hooks of the newer version have made it'),
  ];
  return {
    changed: true,
    summary: [`${settings.release} is at ${state.version} again, in revision ${last.revision}`, ...notes].join('; '),
  };
}

/** What was captured, opened. Throws SHIP_HELM_GONE. */
export async function keptOf(
  { objects, settings }: Pick<Site, 'objects' | 'settings'>,
  { driver }: ComponentState<ReleaseState>,
): Promise<Kept> {
  if (driver.kept === undefined) throw errors.SHIP_HELM_GONE({ release: settings.release, revision: driver.revision });
  return JSON.parse(gunzipSync(await objects.get(driver.kept)).toString('utf8')) as Kept;
}

const measureOf = ({ captured: { scaled } }: Kept): Measure => ({ scaled, tools: HELM });

/** What the objects are to be, with the addresses that Services have now. */
function expectedOf({ captured, release }: Kept, now: readonly KubeObject[]): KubeObject[] {
  const live = new Map(now.map((each) => [identityOf(each), each]));
  return captured.objects.map((each) => withGiven(each, live.get(identityOf(each)) ?? each, release));
}

/** What newer revisions have made and the captured one has not. Claims of volumes stay, and what a chart says that it stays. */
async function extrasOf(
  site: Site,
  revisions: readonly Revision[],
  { driver }: ComponentState<ReleaseState>,
  { captured }: Kept,
): Promise<{ gone: KubeObject[]; stay: KubeObject[]; ofHooks: KubeObject[] }> {
  const newer = revisions.filter(({ revision }) => revision > driver.revision);
  const { objects, ofHooks } = await madeBy(site, newer);
  const isThen = new Set([...captured.objects.map(identityOf), ...captured.jobs]);
  const extras = objects.filter((each) => !isThen.has(identityOf(each)));
  return { gone: extras.filter((each) => !isKept(each)), stay: extras.filter(isKept), ofHooks: await site.cluster.named(ofHooks) };
}

/** Is it live already? */
async function isBack(site: Site, state: ComponentState<ReleaseState>, kept: Kept): Promise<boolean> {
  const now = await describe(site);
  return (
    now?.healthy === true &&
    now.version === state.version &&
    now.config_hash === state.config_hash &&
    (await provenPods(site.cluster, kept.captured.objects, state.driver.digests)).length === 0
  );
}

/** Claims that are gone: the volume would be another one. */
export const missingClaims = (now: readonly KubeObject[], { captured }: Kept): KubeObject[] => {
  const isThere = new Set(now.map(identityOf));
  return captured.objects.filter((each) => each.kind === CLAIM && !isThere.has(identityOf(each)));
};

function demandClaims({ settings }: Site, now: readonly KubeObject[], kept: Kept): void {
  const missing = missingClaims(now, kept);
  if (missing.length > 0) throw errors.SHIP_HELM_VOLUME({ release: settings.release, missing: missing.map(nameOf).join(', ') });
}

/** What others have set since, and is to be what it was: Helm says nothing of it. */
const overwrittenIn = (now: readonly KubeObject[], differing: readonly KubeObject[], kept: Kept): string[] =>
  differing.flatMap((each) => {
    const there = now.find((one) => identityOf(one) === identityOf(each));
    if (there === undefined) return [];
    return differencesFrom(there, each, measureOf(kept)).flatMap(({ kind, path }) => {
      const owners = kind === 'changed' ? foreignOwners(there, path, HELM) : [];
      return owners.length === 0 ? [] : [`${nameOf(each)}: ${owners.join(' and ')} has set ${pathText(path, there)}`];
    });
  });

/** An object that Helm finds, and that the revision before did not have: Helm 3 does not go back then, but upgrades. */
const NOT_ADOPTED = /no \S+ with the name .* found/;

async function goBack(site: Site, state: ComponentState<ReleaseState>, kept: Kept, revisions: readonly Revision[]): Promise<void> {
  const target = revisions.find(({ revision }) => revision === state.driver.revision);
  const isSame = target !== undefined && bookOf(await readRelease(site.cluster, target)) === bookOf(kept.release);
  // Helm keeps the last ten; what was captured holds manifest and values of all others.
  if (!isSame) return installKept(site, kept.release, state.version);
  try {
    await rollBack(site, target);
  } catch (error) {
    if (!NOT_ADOPTED.test((error as Error).message)) throw error;
    await installKept(site, kept.release, state.version);
  }
}

/**
 * What Helm has left: fields that neither revision names, that an older API server keeps, or that were set by hand before the
 * capture. Objects are replaced as a whole, in nobody's name, so that the next upgrade is in conflict with nobody.
 */
async function putBack({ cluster }: Site, kept: Kept): Promise<void> {
  const now = new Map((await cluster.named(kept.captured.objects)).map((each) => [identityOf(each), each]));
  for (const was of expectedOf(kept, [...now.values()])) {
    const live = now.get(identityOf(was));
    if (live === undefined) continue;
    const replaced = await replaceWhole(cluster, was, withReplicas(was, live, kept), measureOf(kept));
    if (replaced === 'replaced') await disownUpdate(cluster, was);
  }
}

/** What is kept of what an autoscaler scales has no replicas. */
function withReplicas(was: KubeObject, live: KubeObject, { captured: { scaled } }: Kept): KubeObject {
  const then = scaled[nameOf(was)];
  if (then === undefined) return was;
  return { ...was, spec: { ...(was.spec as Workload['spec']), replicas: replicasOf([live]).get(nameOf(was)) ?? then } };
}

async function prove(site: Site, state: ComponentState<ReleaseState>, kept: Kept, gone: readonly KubeObject[]): Promise<void> {
  const { cluster, settings } = site;
  const { release } = settings;
  const last = (await revisionsOf(cluster, release)).at(-1);
  const book = last === undefined ? undefined : await readRelease(cluster, last);
  const now = await cluster.named(kept.captured.objects);
  const left = [
    ...(last?.status === 'deployed' ? [] : [`revision ${last?.revision ?? 0} is ${last?.status ?? 'not there'}`]),
    ...(book !== undefined && bookOf(book) === bookOf(kept.release) ? [] : ['Helm has another manifest, or other values, than then']),
    ...leftOf(now, expectedOf(kept, now), measureOf(kept)),
    ...(await cluster.named(gone)).map((each) => `${nameOf(each)} is there, and was not`),
    ...(await provenPods(cluster, now, state.driver.digests)),
  ];
  if (left.length > 0) throw errors.SHIP_HELM_UNPROVEN({ release, left: [...new Set(left)].slice(0, 10) });
}
