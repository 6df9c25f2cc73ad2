import { gzipSync } from 'node:zlib';
import { type ComponentState, sha256 } from '@ship/core';
import {
  capturedOf,
  containersOf,
  digestsOf,
  type KubeObject,
  nameOf,
  newestAmong,
  ownedBy,
  restartsOf,
  stable,
  standingsAmong,
  type Workload,
  workloadsIn,
} from '@ship/kube';
import { VERSION } from '../objects/marks.js';
import { type Found, find } from './found.js';
import { formName, type KubectlState, type Site } from './site.js';
import { heaviest, isServed, trafficOf } from './traffic.js';

/** What is live; undefined where nothing of the component is there. */
export async function describe(site: Site): Promise<ComponentState<KubectlState> | undefined> {
  const found = await find(site);
  return found.objects.length === 0 ? undefined : stateOf(site, found);
}

/** How it stands, and all that is needed to come back to it. */
export async function stateOf(site: Site, found: Found): Promise<ComponentState<KubectlState>> {
  const { cluster, settings, objects, ctx } = site;
  const workloads = workloadsIn(found.objects);
  const [owned, traffic] = await Promise.all([ownedBy(cluster, workloads), trafficOf(site)]);
  const standings = await standingsAmong(cluster, workloads, owned, {});
  const newest = newestAmong(workloads, owned);
  // Several versions run behind a router, and the one that people meet is the one that is live.
  const routed = traffic && heaviest(traffic);
  const serving = workloads.filter((each) => versionOf([each], [], undefined) === routed);
  const image = imageOf(site, serving.length > 0 ? serving : workloads);
  const kept = capturedOf(found.objects, found.scaled, newest);
  const key = ctx.looks ? undefined : await objects.put(gzipSync(JSON.stringify(kept)));
  return {
    version: routed ?? versionOf(found.objects, workloads, image),
    ...(image === undefined ? {} : { image }),
    replicas: workloads.reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0),
    config_hash: sha256(stable(kept.objects)),
    healthy: standings.every(({ state }) => state === 'ready') && (await isServed(site, routed)),
    driver: {
      context: settings.where.context,
      namespace: settings.where.namespace,
      form: formName(settings),
      names: kept.objects.map(nameOf),
      ...(key === undefined ? {} : { kept: key }),
      revisions: Object.fromEntries(workloads.map((each) => [nameOf(each), revisionOf(each)])),
      restarts: restartsOf(newest),
      digests: digestsOf(newest),
      ...(traffic === undefined ? {} : { traffic }),
    },
    ...(key === undefined ? {} : { objects: [key] }),
  };
}

const revisionOf = ({ metadata, status }: Workload): string =>
  metadata.annotations?.['deployment.kubernetes.io/revision'] ?? status?.updateRevision ?? String(metadata.generation ?? 0);

function imageOf({ settings: { form } }: Site, workloads: readonly Workload[]): string | undefined {
  const containers = workloads.flatMap(containersOf);
  const wanted =
    form.kind === 'image' && form.container !== undefined ? containers.filter(({ name }) => name === form.container) : containers;
  return wanted.flatMap(({ image }) => image ?? [])[0];
}

/** As ship has written it; of what others have made, what it says itself, or the tag of its image. */
function versionOf(objects: readonly KubeObject[], workloads: readonly KubeObject[], image: string | undefined): string {
  const all = [...workloads, ...objects].map(({ metadata }) => metadata);
  const written = all.flatMap(({ annotations }) => annotations?.[VERSION] ?? [])[0];
  const labelled = all.flatMap(({ labels }) => labels?.['app.kubernetes.io/version'] ?? [])[0];
  return written ?? labelled ?? /:([\w.-]+)$/.exec(image ?? '')?.[1] ?? 'unknown';
}
