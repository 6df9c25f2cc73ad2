import { type Cluster, type Pod, progressOf, type Workload, workloadsIn } from '@ship/kube';
import { VERSION } from '../objects/marks.js';
import type { Backend } from './backends.js';

/** What charts and people write the version of a pod into. */
export const VERSION_LABEL = 'app.kubernetes.io/version';

type Labels = Readonly<Record<string, string>>;

/** What keeps pods in a namespace, and the pods. */
export interface Running {
  readonly workloads: readonly Workload[];
  readonly pods: readonly Pod[];
}

/** Reads what runs in the namespace. */
export async function runningIn(cluster: Cluster): Promise<Running> {
  const found = await cluster.list('deployments.v1.apps,statefulsets.v1.apps,daemonsets.v1.apps,pods');
  return { workloads: workloadsIn(found), pods: found.filter(({ kind }) => kind === 'Pod') as Pod[] };
}

/** Has something all labels that a selector asks for? */
export const matches = (labels: Labels | undefined, selector: Labels): boolean =>
  Object.entries(selector).every(([key, value]) => labels?.[key] === value);

/** The labels that pods of a workload get. */
export const templateLabels = ({ spec }: Workload): Labels => spec.template?.metadata?.labels ?? {};

/** What stands behind a selector of pods. `otherwise` is its version where nothing says one. */
export function behind({ workloads, pods }: Running, selector: Labels, otherwise?: string): Pick<Backend, 'version' | 'ready' | 'wanted'> {
  const own = workloads.filter((each) => matches(templateLabels(each), selector));
  const selected = pods.filter(({ metadata }) => matches(metadata.labels, selector) && metadata.deletionTimestamp === undefined);
  if (own.length === 0 && selected.length === 0) return { version: undefined, ready: 0, wanted: 0 };
  const said = own.map(writtenVersion).find((version) => version !== undefined);
  const version = said ?? selected.map(({ metadata }) => metadata.labels?.[VERSION_LABEL]).find((each) => each !== undefined) ?? otherwise;
  return {
    version,
    // While a workload is rolled out, there are pods of the version before, too.
    ready: selected.filter((pod) => isReady(pod) && (pod.metadata.labels?.[VERSION_LABEL] ?? version) === version).length,
    // What keeps them may be of a kind that nobody here knows.
    wanted: own.length === 0 ? selected.length : own.reduce((sum, each) => sum + progressOf(each).wanted, 0),
  };
}

/** The label of its pods; where they have none, what the driver wrote when it applied it. */
const writtenVersion = (workload: Workload): string | undefined =>
  templateLabels(workload)[VERSION_LABEL] ?? workload.metadata.annotations?.[VERSION];

const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
