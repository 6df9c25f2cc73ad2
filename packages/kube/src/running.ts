import type { Cluster } from './cluster.js';
import { type Container, type KubeObject, nameOf, type Pod, type Workload } from './objects.js';
import { newPodsOf } from './rollout.js';
import { WORKLOADS } from './workloads.js';

/** What of the objects is rolled out. */
export const workloadsIn = (objects: readonly KubeObject[]): Workload[] =>
  objects.filter(({ kind, apiVersion }) => apiVersion.startsWith('apps/') && (WORKLOADS as readonly string[]).includes(kind)) as Workload[];

/** The containers of a workload. */
export const containersOf = ({ spec }: Workload): readonly Container[] => spec.template?.spec?.containers ?? [];

/** The newest pods of each workload, by its name, such as `Deployment web`. */
export async function newestPods(cluster: Cluster, workloads: readonly Workload[]): Promise<Record<string, Pod[]>> {
  const lists = cluster.byPlace(workloads).map(([place]) => place.list<KubeObject>('replicasets,pods'));
  const found = (await Promise.all(lists)).flat();
  const replicaSets = found.filter(({ kind }) => kind === 'ReplicaSet');
  const pods = found.filter(({ kind }) => kind === 'Pod') as Pod[];
  return Object.fromEntries(workloads.map((each) => [nameOf(each), newPodsOf(each, { replicaSets, pods })]));
}

/** How often a container of each workload has been started anew, at most. */
export const restartsOf = (pods: Readonly<Record<string, readonly Pod[]>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(pods).map(([name, all]) => [
      name,
      Math.max(0, ...all.flatMap(({ status }) => status?.containerStatuses?.map(({ restartCount }) => restartCount) ?? [])),
    ]),
  );

/** The digests of the images that run, by workload and container, such as `Deployment web/app`. */
export function digestsOf(pods: Readonly<Record<string, readonly Pod[]>>): Record<string, string[]> {
  const digests = new Map<string, Set<string>>();
  for (const [name, all] of Object.entries(pods))
    for (const { name: container, imageID } of all.flatMap(({ status }) => status?.containerStatuses ?? []))
      if (imageID) {
        const key = `${name}/${container}`;
        digests.set(key, (digests.get(key) ?? new Set()).add(imageID));
      }
  return Object.fromEntries([...digests].map(([name, all]) => [name, [...all].sort()]));
}

/** A StatefulSet leaves the claims that were made for its pods. */
export function volumesOf({ kind, metadata, spec }: Workload): string[] {
  const templates = (spec as { volumeClaimTemplates?: readonly KubeObject[] }).volumeClaimTemplates ?? [];
  return kind === 'StatefulSet' ? templates.map((each) => `PersistentVolumeClaim ${each.metadata.name}-${metadata.name}-…`) : [];
}
