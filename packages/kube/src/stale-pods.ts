import type { Captured } from './captured.js';
import type { Cluster } from './cluster.js';
import { type KubeObject, nameOf, type Pod, reference, type Workload } from './objects.js';
import { newestPods, workloadsIn } from './running.js';

const uidOf = ({ metadata }: KubeObject): string => metadata.uid ?? '';

/** What configuration a template names: in variables, in volumes, for pulling images. */
export function configOf(template: unknown): string[] {
  const found = new Set<string>();
  const look = (value: unknown, under: string): void => {
    if (Array.isArray(value)) for (const each of value) look(each, under);
    else if (typeof value === 'object' && value !== null) {
      const { name, secretName } = value as { name?: unknown; secretName?: unknown };
      if (/^configMap(KeyRef|Ref)?$/.test(under) && typeof name === 'string') found.add(`ConfigMap.v1./${name}`);
      if (/^(secret(KeyRef|Ref)?|imagePullSecrets)$/.test(under) && typeof (secretName ?? name) === 'string')
        found.add(`Secret.v1./${secretName ?? name}`);
      for (const [key, each] of Object.entries(value)) look(each, key);
    }
  };
  look(template, '');
  return [...found].sort();
}

/**
 * The pods that were started since the capture, and so with the newer configuration. By their ids: clocks differ. Asked before
 * anything is put back; nobody where no configuration is.
 */
export async function startedSince(
  cluster: Cluster,
  { pods: then }: Captured,
  differing: readonly KubeObject[],
): Promise<ReadonlySet<string>> {
  const isConfig = differing.some(({ kind }) => kind === 'ConfigMap' || kind === 'Secret');
  const pods = isConfig ? await cluster.list<KubeObject>('pods') : [];
  return new Set(pods.map(uidOf).filter((uid) => !then.includes(uid)));
}

/** What is asked of {@link restartStale}. */
export interface Restarting {
  readonly kept: Captured;
  /** What was put back. */
  readonly differing: readonly KubeObject[];
  readonly started: ReadonlySet<string>;
  readonly timeoutMs: number;
  /** Waits until all of it is ready. */
  readonly rollOut: () => Promise<void>;
}

/**
 * Variables are those that a pod was started with, whatever its configuration says by now. So pods of the version that is gone
 * back to, which were started with the newer configuration, are started again, one after the other.
 */
export async function restartStale(cluster: Cluster, { kept, differing, started, timeoutMs, rollOut }: Restarting): Promise<string[]> {
  if (started.size === 0) return [];
  const isBack = new Set(differing.map(reference));
  const readers = workloadsIn(kept.objects).filter((each) => configOf((each as Workload).spec.template).some((name) => isBack.has(name)));
  const live = await cluster.named(readers);
  const newest = await newestPods(cluster, workloadsIn(live));
  const stale: Pod[] = Object.values(newest)
    .flat()
    .filter((pod) => started.has(uidOf(pod)) && pod.metadata.deletionTimestamp === undefined)
    .map((pod) => ({ ...pod, apiVersion: 'v1', kind: 'Pod' }));
  for (const pod of stale) {
    await cluster.remove([pod], timeoutMs);
    await rollOut();
  }
  return stale.map((pod) => `${nameOf(pod)} was started again, with the configuration of before`);
}
