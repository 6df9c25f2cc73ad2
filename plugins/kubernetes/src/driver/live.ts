import { gzipSync } from 'node:zlib';
import { type ComponentState, sha256 } from '@ship/core';
import {
  capturedOf,
  containersOf,
  digestsOf,
  type KubeObject,
  nameOf,
  newestPods,
  restartsOf,
  stable,
  standingsOf,
  type Workload,
  workloadsIn,
} from '@ship/kube';
import { VERSION } from '../objects/marks.js';
import { type Found, find } from './found.js';
import { formName, type KubectlState, type Site } from './site.js';

/** What is live; undefined where nothing of the component is there. */
export async function describe(site: Site): Promise<ComponentState<KubectlState> | undefined> {
  const found = await find(site);
  return found.objects.length === 0 ? undefined : stateOf(site, found);
}

/** How it stands, and all that is needed to come back to it. */
export async function stateOf(site: Site, found: Found): Promise<ComponentState<KubectlState>> {
  const { cluster, settings, objects, ctx } = site;
  const workloads = workloadsIn(found.objects);
  const [standings, newest] = await Promise.all([standingsOf(cluster, workloads, {}), newestPods(cluster, workloads)]);
  const image = imageOf(site, workloads);
  const kept = capturedOf(found.objects, found.scaled, newest);
  const key = ctx.looks ? undefined : await objects.put(gzipSync(JSON.stringify(kept)));
  return {
    version: versionOf(found.objects, workloads, image),
    ...(image === undefined ? {} : { image }),
    replicas: workloads.reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0),
    config_hash: sha256(stable(kept.objects)),
    healthy: standings.every(({ state }) => state === 'ready'),
    driver: {
      context: settings.where.context,
      namespace: settings.where.namespace,
      form: formName(settings),
      names: kept.objects.map(nameOf),
      ...(key === undefined ? {} : { kept: key }),
      revisions: Object.fromEntries(workloads.map((each) => [nameOf(each), revisionOf(each)])),
      restarts: restartsOf(newest),
      digests: digestsOf(newest),
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
