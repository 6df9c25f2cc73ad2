import type { ComponentState } from '@ship/core';
import {
  awaitRollout,
  demandIntent,
  driftOf,
  identityOf,
  type KubeObject,
  kindOf,
  nameOf,
  reference,
  type Workload,
  workloadsIn,
} from '@ship/kube';
import { errors } from '../errors.js';
import { ADOPTED, KINDS, marked, OWNER, ownerOf, VERSION } from '../objects/marks.js';
import { apply, conflictText, demandApplicable, demandDeletable } from '../tool/apply.js';
import { CLAIM, type Found, find, isOwn } from './found.js';
import { deployImage } from './image.js';
import { stateOf } from './live.js';
import { intentOf } from './permissions.js';
import type { KubectlState, Site } from './site.js';
import { giveTraffic, isStandby } from './traffic.js';

/** Brings the version of the config live, and resolves when all of it is ready. Whether it may is seen before anything is changed. */
export async function deploy(site: Site, before: ComponentState<KubectlState> | undefined): Promise<ComponentState<KubectlState>> {
  const found = await find(site);
  const { form } = site.settings;
  await demandIntent({ ...intentOf(site), rendered: async () => found.rendered, live: async () => found.objects }, site.ctx.log);
  if (form.kind === 'image') {
    await rollOut(site, [await deployImage(site, found)], before?.driver.restarts ?? {});
    await giveTraffic(site);
  } else await deployManifests(site, found, before, form.prune);
  return stateOf(site, await find(site));
}

async function deployManifests(
  site: Site,
  found: Found,
  before: ComponentState<KubectlState> | undefined,
  isPruned: boolean,
): Promise<void> {
  const { ctx, cluster, name } = site;
  const wanted = wantedOf(site, found);
  const conflicts = await demandApplicable(cluster, wanted);
  const isThere = new Set(found.objects.map(identityOf));
  // What cannot be deleted again is not made. Claims of volumes never are.
  await demandDeletable(cluster, wanted.filter((each) => !isThere.has(identityOf(each)) && each.kind !== CLAIM).map(reference));
  for (const each of conflicts) ctx.log.warn(`${name}: ${conflictText(each)}, and ship takes it over`);
  await apply(cluster, wanted, conflicts.length > 0);
  await rollOut(site, wanted, before?.driver.restarts ?? {});
  await giveTraffic(site);
  if (isPruned) await prune(site, found, wanted, before?.version);
  for (const { object, lines } of await driftOf(cluster, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: wanted })))
    ctx.log.warn(`${name}: ${object} is not what was applied: ${lines.join(' ')}`);
}

/** Waits until those that roll out are ready, and shows how far they have come. */
export async function rollOut(
  { ctx, cluster, settings, name }: Site,
  objects: readonly KubeObject[],
  baseline: Readonly<Record<string, number>>,
): Promise<void> {
  await awaitRollout(cluster, workloadsIn(objects), {
    timeoutMs: settings.timeoutMs,
    baseline,
    signal: ctx.signal,
    onProgress: (line) => ctx.log.info(`${name}: ${line}`),
  });
}

/** What is applied. */
function wantedOf({ version, label }: Site, found: Found): KubeObject[] {
  const live = new Map(found.objects.map((each) => [identityOf(each), each]));
  const kinds = [
    ...new Map(
      [...found.objects.filter((each) => isOwn(each, label)), ...found.rendered].map((each) => [
        identityOf(each).split('/')[0],
        kindOf(each),
      ]),
    ).values(),
  ]
    .sort()
    .join(',');
  return found.rendered.map((object) => {
    const there = live.get(identityOf(object));
    const owner = there === undefined ? undefined : ownerOf(there);
    if (owner !== undefined && owner !== label) throw errors.SHIP_KUBECTL_CLAIMED({ object: nameOf(object), owner });
    const isAdopted = there !== undefined && (owner === undefined || there.metadata.annotations?.[ADOPTED] !== undefined);
    const annotations = { [VERSION]: version, [KINDS]: kinds, ...(isAdopted ? { [ADOPTED]: 'true' } : {}) };
    return withLiveReplicas(marked(object, { [OWNER]: label }, annotations), there, found);
  });
}

/**
 * Where somebody else sets the replicas, they stay as they are. They are not left out: what ship has set before would go, and
 * one replica would be left.
 */
export function withLiveReplicas(
  object: KubeObject,
  live: KubeObject | undefined,
  { scaled, rendered }: Pick<Found, 'scaled' | 'rendered'>,
): KubeObject {
  const replicas = (live as Workload | undefined)?.spec?.replicas;
  const isScaled = scaled.has(nameOf(object)) || rendered.some((each) => isScalerOf(each, object));
  return replicas === undefined || !isScaled ? object : { ...object, spec: { ...(object.spec as object), replicas } };
}

function isScalerOf({ kind, spec }: KubeObject, object: KubeObject): boolean {
  const target = (spec as { scaleTargetRef?: { kind: string; name: string } } | undefined)?.scaleTargetRef;
  return kind === 'HorizontalPodAutoscaler' && target !== undefined && `${target.kind} ${target.name}` === nameOf(object);
}

/** Deletes what the component has made and its manifests have no more. Claims of volumes stay, and what was there before the component. */
async function prune(site: Site, { objects }: Found, wanted: readonly KubeObject[], live: string | undefined): Promise<void> {
  const { ctx, cluster, settings, name, label } = site;
  const isWanted = new Set(wanted.map(identityOf));
  const old = objects.filter((each) => isOwn(each, label) && !isWanted.has(identityOf(each)) && !isStandby(site, each, live));
  const kept = old.filter(isKept);
  for (const each of kept) ctx.log.info(`${name}: ${nameOf(each)} is in no manifest any more, and stays`);
  const gone = old.filter((each) => !isKept(each));
  await cluster.remove(gone, settings.timeoutMs);
  const left = await cluster.named(gone);
  if (left.length > 0) ctx.log.warn(`${name}: ${left.map(nameOf).join(', ')} is there again`);
}

/** Never deleted by ship. */
export const isKept = ({ kind, metadata }: KubeObject): boolean => kind === CLAIM || metadata.annotations?.[ADOPTED] !== undefined;
