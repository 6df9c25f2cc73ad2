import { gzipSync } from 'node:zlib';
import { type ComponentState, sha256 } from '@ship/core';
import {
  containersOf,
  digestsOf,
  type KubeObject,
  nameOf,
  newPodsByWorkload,
  restartsOf,
  standingsOf,
  type Workload,
  workloadsIn,
} from '@ship/kube';
import { stable } from '../objects/clean.js';
import { identityOf, VERSION } from '../objects/marks.js';
import { capturedOf, type Found, find, isJob } from './found.js';
import { formName, type KubectlState, type Site } from './site.js';
import { heaviest, isServed, trafficOf } from './traffic.js';

/** What is kept of a component, beside the state: it may hold secrets. */
export interface Kept {
  readonly objects: readonly KubeObject[];
  /** By name: the replicas at that time, where somebody else sets them. */
  readonly scaled: Readonly<Record<string, number>>;
  /** Jobs that were there: they are not made again, as they would run again, and not deleted. */
  readonly jobs: readonly string[];
  /** The ids of the pods that ran. */
  readonly pods: readonly string[];
}

/** What is live; undefined where nothing of the component is there. */
export async function describe(site: Site): Promise<ComponentState<KubectlState> | undefined> {
  const found = await find(site);
  return found.objects.length === 0 ? undefined : stateOf(site, found);
}

/** How it stands, and all that is needed to come back to it. */
export async function stateOf(site: Site, found: Found): Promise<ComponentState<KubectlState>> {
  const { cluster, settings, objects, ctx } = site;
  const workloads = workloadsIn(found.objects);
  const captured = capturedOf(found);
  const [standings, pods, traffic] = await Promise.all([
    standingsOf(cluster, workloads, {}),
    workloads.length === 0 ? [] : cluster.list<KubeObject>('replicasets,pods'),
    trafficOf(site),
  ]);
  const newest = newPodsByWorkload(workloads, pods);
  // Several versions run behind a router, and the one that people meet is the one that is live.
  const routed = traffic && heaviest(traffic);
  const serving = workloads.filter((each) => versionOf([each], [], undefined) === routed);
  const image = imageOf(site, serving.length > 0 ? serving : workloads);
  const kept: Kept = {
    objects: captured,
    jobs: found.objects.filter(isJob).map(identityOf),
    pods: Object.values(newest).flatMap((all) => all.flatMap(({ metadata }) => metadata.uid ?? [])),
    scaled: Object.fromEntries(
      workloads.filter((each) => found.scaled.has(nameOf(each))).map((each) => [nameOf(each), each.spec.replicas ?? 1]),
    ),
  };
  return {
    version: routed ?? versionOf(found.objects, workloads, image),
    ...(image === undefined ? {} : { image }),
    replicas: workloads.reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0),
    config_hash: sha256(stable(captured)),
    healthy: standings.every(({ state }) => state === 'ready') && (await isServed(site, routed)),
    driver: {
      context: settings.where.context,
      namespace: settings.where.namespace,
      form: formName(settings),
      names: captured.map(nameOf),
      ...(ctx.looks ? {} : { kept: await objects.put(gzipSync(JSON.stringify(kept))) }),
      revisions: Object.fromEntries(workloads.map((each) => [nameOf(each), revisionOf(each)])),
      restarts: restartsOf(newest),
      digests: digestsOf(newest),
      ...(traffic === undefined ? {} : { traffic }),
    },
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
