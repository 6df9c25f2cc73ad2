import { gzipSync } from 'node:zlib';
import { type ComponentState, sha256 } from '@ship/core';
import {
  capturedOf,
  containersOf,
  digestsOf,
  nameOf,
  newestPods,
  restartsOf,
  stable,
  standingsOf,
  type Workload,
  workloadsIn,
} from '@ship/kube';
import { documentsOf } from '../release/manifest.js';
import { liveOf, type Release, type Revision, readRelease, revisionsOf } from '../release/storage.js';
import { findRevision, type Kept, withGiven } from './found.js';
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
  const found = await findRevision(site, live);
  const { release } = found;
  const workloads = workloadsIn(found.objects);
  const [standings, newest, version] = await Promise.all([
    standingsOf(cluster, workloads, {}),
    newestPods(cluster, workloads),
    versionOf(site, revisions, live, release),
  ]);
  const kept: Kept = { release, captured: capturedOf(found.objects, found.scaled, newest) };
  const image = imageOf(workloads);
  const key = ctx.looks ? undefined : await objects.put(gzipSync(JSON.stringify(kept)));
  return {
    version,
    ...(image === undefined ? {} : { image }),
    replicas: workloads.reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0),
    config_hash: hashOf(kept),
    healthy: live.status === 'deployed' && revisions.at(-1) === live && standings.every(({ state }) => state === 'ready'),
    driver: {
      release: settings.release,
      namespace: settings.where.namespace,
      context: settings.where.context,
      revision: live.revision,
      chart: release.chart.metadata.name,
      chart_version: release.chart.metadata.version,
      names: kept.captured.objects.map(nameOf),
      ...(key === undefined ? {} : { kept: key }),
      restarts: restartsOf(newest),
      digests: digestsOf(newest),
    },
    ...(key === undefined ? {} : { objects: [key] }),
  };
}

/** The same objects, in the cluster and in Helm's books, made of the same values. */
const hashOf = ({ release, captured }: Kept): string =>
  sha256(stable([captured.objects.map((each) => withGiven(each, undefined, release)), bookOf(release)]));

/** What Helm says of a revision: whatever files its objects are of, and in whatever order. */
export const bookOf = ({ manifest, config }: Release): string => stable([documentsOf(manifest), config ?? {}]);

const imageOf = (workloads: readonly Workload[]): string | undefined =>
  workloads.flatMap(containersOf).flatMap(({ image }) => image ?? [])[0];

/** As ship has written it; after a rollback by another hand, that of the revision that was gone back to; else what the chart says. */
async function versionOf({ cluster }: Site, revisions: readonly Revision[], { component }: Revision, release: Release): Promise<string> {
  if (component !== undefined) return component;
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
