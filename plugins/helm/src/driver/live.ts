import { gzipSync } from 'node:zlib';
import { type ComponentState, sha256 } from '@ship/core';
import { containersOf, driftOf, type KubeObject, newPodsByWorkload, restartsOf, standingsOf, type Workload, workloadsIn } from '@ship/kube';
import { objectsOf } from '../release/chart.js';
import { liveOf, type Release, type Revision, readRelease, revisionsOf } from '../release/storage.js';
import type { ReleaseState, Site } from './site.js';

const DESCRIBED = 'ship: ';

/** What ship writes into the description of a revision, by which it knows the version again. */
export const descriptionOf = (version: string): string => DESCRIBED + version;

/** What is live; undefined where nothing was ever installed, or all is gone again. */
export async function describe(site: Site): Promise<ComponentState<ReleaseState> | undefined> {
  const { cluster, settings } = site;
  const revisions = await revisionsOf(cluster, settings.release);
  const live = liveOf(revisions);
  return live === undefined ? undefined : stateOf(site, revisions, live);
}

/** How a revision stands, and all that is needed to come back to it. */
export async function stateOf(site: Site, revisions: readonly Revision[], live: Revision): Promise<ComponentState<ReleaseState>> {
  const { cluster, settings, objects, ctx } = site;
  const release = await readRelease(cluster, live);
  const found = await cluster.live(release.manifest);
  const workloads = workloadsIn(found);
  const [standings, drift, pods, version] = await Promise.all([
    standingsOf(cluster, workloads, {}),
    driftOf(cluster, release.manifest),
    workloads.length === 0 ? [] : cluster.list<KubeObject>('replicasets,pods'),
    versionOf(site, revisions, release),
  ]);
  const isLast = revisions.at(-1)?.revision === live.revision;
  const image = imageOf(workloads);
  const kept = ctx.looks ? undefined : await objects.put(gzipSync(JSON.stringify(release)));
  return {
    version,
    ...(image === undefined ? {} : { image }),
    replicas: workloads.reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0),
    config_hash: hashOf(release),
    healthy: live.status === 'deployed' && isLast && standings.every(({ state }) => state === 'ready'),
    driver: {
      release: settings.release,
      namespace: settings.where.namespace,
      context: settings.where.context,
      revision: live.revision,
      chart: release.chart.metadata.name,
      chart_version: release.chart.metadata.version,
      ...(kept === undefined ? {} : { kept }),
      restarts: restartsOf(newPodsByWorkload(workloads, pods)),
      drift: drift.map(({ object, lines }) => `${object}: ${lines.map((line) => line.replace(/\s+/g, ' ')).join(' ')}`),
    },
    ...(kept === undefined ? {} : { objects: [kept] }),
  };
}

/** The same objects, made of the same values. */
export const hashOf = ({ manifest, config = {} }: Release): string => sha256(JSON.stringify([objectsOf(manifest), config]));

const imageOf = (workloads: readonly Workload[]): string | undefined =>
  workloads.flatMap(containersOf).flatMap(({ image }) => image ?? [])[0];

/** As ship has written it; after a rollback by another hand, that of the revision that was gone back to; else what the chart says. */
async function versionOf({ cluster }: Site, revisions: readonly Revision[], release: Release): Promise<string> {
  let at: Release | undefined = release;
  for (let steps = 0; at !== undefined && steps < revisions.length; steps++) {
    const description: string = at.info.description ?? '';
    if (description.startsWith(DESCRIBED)) return description.slice(DESCRIBED.length);
    const back: number = Number(/^Rollback to (\d+)$/.exec(description)?.[1]);
    const origin: Revision | undefined = revisions.find(({ revision }) => revision === back);
    at = origin === undefined ? undefined : await readRelease(cluster, origin);
  }
  const { appVersion, version } = release.chart.metadata;
  return appVersion || version;
}
