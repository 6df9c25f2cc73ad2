import { cleaned } from './clean.js';
import type { Cluster } from './cluster.js';
import { autoscaled } from './drift.js';
import { identityOf, type KubeObject, nameOf, type Pod, type Workload } from './objects.js';
import { isScaledByOther } from './owners.js';
import { workloadsIn } from './running.js';

/** Objects as they were, beside the state of a component: they may hold secrets. */
export interface Captured {
  readonly objects: readonly KubeObject[];
  /** By name: the replicas at that time, where somebody else sets them. */
  readonly scaled: Readonly<Record<string, number>>;
  /** Jobs that were there: they are not made again, as they would run again, and not deleted. */
  readonly jobs: readonly string[];
  /** The ids of the pods that ran. */
  readonly pods: readonly string[];
}

/** What it has done nothing takes back, and it would be done again. */
const isJob = ({ kind }: KubeObject): boolean => kind === 'Job';

/** What is compared and kept: cleaned, in an order of its own. `scaled`: whose replicas somebody else sets. */
export const comparable = (objects: readonly KubeObject[], scaled: ReadonlySet<string>): KubeObject[] =>
  objects
    .filter((each) => !isJob(each))
    .map((each) => cleaned(each, scaled.has(nameOf(each))))
    .sort((one, other) => (identityOf(one) < identityOf(other) ? -1 : 1));

/** By name, such as `Deployment web`: whose replicas somebody else sets. `tools`: managers of fields that act for ship. */
export async function scaledIn(
  cluster: Cluster,
  objects: readonly KubeObject[],
  tools: readonly string[] = [],
): Promise<ReadonlySet<string>> {
  const isScalable = objects.some(({ spec }) => (spec as Workload['spec'] | undefined)?.replicas !== undefined);
  const scalers = isScalable ? await autoscaled(cluster) : new Set<string>();
  return new Set(objects.filter((each) => scalers.has(nameOf(each)) || isScaledByOther(each, tools)).map(nameOf));
}

/** All that is kept of objects. `pods`: those that run, by workload. */
export const capturedOf = (
  objects: readonly KubeObject[],
  scaled: ReadonlySet<string>,
  pods: Readonly<Record<string, readonly Pod[]>>,
): Captured => ({
  objects: comparable(objects, scaled),
  jobs: objects.filter(isJob).map(identityOf),
  pods: Object.values(pods).flatMap((all) => all.flatMap(({ metadata }) => metadata.uid ?? [])),
  scaled: Object.fromEntries(
    workloadsIn(objects)
      .filter((each) => scaled.has(nameOf(each)))
      .map((each) => [nameOf(each), each.spec.replicas ?? 1]),
  ),
});
