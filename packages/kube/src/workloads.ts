import type { Condition, Workload } from './objects.js';

/** Kinds that keep pods, and whose rollout can be followed. */
export const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;

/** How far a rollout has come, by what the workload itself says. */
export interface Progress {
  readonly state: 'ready' | 'waiting' | 'broken';
  /** In words, such as `2 of 3 replicas are ready`. */
  readonly message: string;
  /** Why it cannot go on, as Kubernetes calls it. */
  readonly reason?: string;
  readonly ready: number;
  readonly wanted: number;
}

/** By what a workload says of itself. Each kind counts in its own way. */
export function progressOf(workload: Workload): Progress {
  const { metadata, status = {}, spec } = workload;
  const counts = countsOf(workload);
  const waiting = (message: string): Progress => ({ state: 'waiting', message, ...counts });
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return waiting('its controller has not seen the change yet');
  if (spec.paused) return { state: 'broken', reason: 'Paused', message: 'it is paused, so nothing is rolled out', ...counts };
  const failed = failureOf(status.conditions ?? []);
  if (failed !== undefined) return { ...failed, ...counts };
  const { updated, ready, wanted, replicas } = counts;
  if (updated < wanted) return waiting(`${updated} of ${wanted} replicas are new`);
  if (replicas > updated) return waiting(`${replicas - updated} of the version before end`);
  if (ready < wanted) return waiting(`${ready} of ${wanted} replicas are ready`);
  return { state: 'ready', message: wanted === 1 ? 'its replica is ready' : `all ${wanted} replicas are ready`, ...counts };
}

function failureOf(conditions: readonly Condition[]): Pick<Progress, 'state' | 'reason' | 'message'> | undefined {
  const late = conditions.find(
    ({ type, status, reason }) => type === 'Progressing' && status === 'False' && reason === 'ProgressDeadlineExceeded',
  );
  return late === undefined
    ? undefined
    : { state: 'broken', reason: 'ProgressDeadlineExceeded', message: late.message ?? 'its deadline is over' };
}

interface Counts {
  readonly wanted: number;
  readonly updated: number;
  readonly ready: number;
  /** Of whatever version. */
  readonly replicas: number;
}

function countsOf({ kind, spec, status = {} }: Workload): Counts {
  if (kind === 'DaemonSet') {
    const wanted = status.desiredNumberScheduled ?? 0;
    return {
      wanted,
      updated: isOnDelete(spec) ? wanted : (status.updatedNumberScheduled ?? 0),
      ready: status.numberAvailable ?? 0,
      replicas: 0,
    };
  }
  const wanted = spec.replicas ?? 1;
  if (kind === 'StatefulSet') {
    // Those below the partition stay as they are, and so do all that nobody deletes.
    const partition = spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    const isSame = status.currentRevision === status.updateRevision;
    const updated = isOnDelete(spec) || isSame ? wanted : Math.min(wanted, (status.updatedReplicas ?? 0) + partition);
    return { wanted, updated, ready: status.readyReplicas ?? 0, replicas: Math.max(updated, status.replicas ?? 0) };
  }
  return { wanted, updated: status.updatedReplicas ?? 0, ready: status.availableReplicas ?? 0, replicas: status.replicas ?? 0 };
}

const isOnDelete = ({ updateStrategy }: Workload['spec']): boolean => updateStrategy?.type === 'OnDelete';

/** Why its pods are not made, such as a quota: said by the controller of a Deployment, or by events. */
export const replicaFailure = ({ status }: Workload): string | undefined =>
  status?.conditions?.find((each) => each.type === 'ReplicaFailure' && each.status === 'True')?.message;
