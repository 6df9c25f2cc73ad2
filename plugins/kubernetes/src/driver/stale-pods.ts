import { type KubeObject, nameOf, newPodsByWorkload, type Pod, type Workload, workloadsIn } from '@ship/kube';
import { remove } from '../tool/apply.js';
import { reference } from '../tool/words.js';
import { rollOut } from './deploy.js';
import { configOf } from './found.js';
import type { Kept } from './live.js';
import type { Site } from './site.js';

const podsOf = ({ cluster }: Site) => cluster.list<KubeObject>('replicasets,pods');
const uidOf = ({ metadata }: KubeObject): string => metadata.uid ?? '';

/**
 * The pods that were started since the capture, and so with the newer configuration. By their ids: clocks differ. Asked before
 * anything is put back; nobody where no configuration is.
 */
export async function startedSince(site: Site, kept: Kept, differing: readonly KubeObject[]): Promise<ReadonlySet<string>> {
  const isConfig = differing.some(({ kind }) => kind === 'ConfigMap' || kind === 'Secret');
  const pods = isConfig ? (await podsOf(site)).filter(({ kind }) => kind === 'Pod') : [];
  return new Set(pods.map(uidOf).filter((uid) => !kept.pods.includes(uid)));
}

/**
 * Variables are those that a pod was started with, whatever its configuration says by now. So pods of the version that is gone
 * back to, which were started with the newer configuration, are started again, one after the other.
 */
export async function restartStale(
  site: Site,
  kept: Kept,
  differing: readonly KubeObject[],
  started: ReadonlySet<string>,
): Promise<string[]> {
  if (started.size === 0) return [];
  const isBack = new Set(differing.map((each) => `${each.kind}.v1./${each.metadata.name}`));
  const readers = workloadsIn(kept.objects).filter((each) => configOf((each as Workload).spec.template).some((name) => isBack.has(name)));
  const live = await Promise.all(readers.map((each) => site.cluster.find<Workload>(each.kind, each.metadata.name)));
  const newest = newPodsByWorkload(
    live.filter((each) => each !== undefined),
    await podsOf(site),
  );
  const stale: Pod[] = Object.values(newest)
    .flat()
    .filter((pod) => started.has(uidOf(pod)) && pod.metadata.deletionTimestamp === undefined);
  for (const pod of stale) {
    await remove(site.cluster, [reference({ ...pod, apiVersion: 'v1', kind: 'Pod' })], site.settings.timeoutMs);
    await rollOut(site, kept.objects, {});
  }
  return stale.map((pod) => `${nameOf({ ...pod, kind: 'Pod' })} was started again, with the configuration of before`);
}
