import type { Cluster } from './cluster.js';
import { type KubeEvent, type KubeObject, nameOf, type Pod, type Workload } from './objects.js';
import { judgePod } from './pods.js';
import { eventsOf } from './rollout.js';
import { newPodsByWorkload } from './running.js';

/** Of each; there may be hundreds. */
const MOST = { pods: 5, events: 10, lines: 30 };

/** How workloads stand, for whoever reads why they failed: conditions, events, pods, and the last lines of containers that ended. */
export async function evidenceOf(cluster: Cluster, workloads: readonly Workload[]): Promise<string> {
  const newest = newPodsByWorkload(workloads, await cluster.list<KubeObject>('replicasets,pods'));
  const parts = await Promise.all(
    workloads.map(async (workload) => {
      const pods = (newest[nameOf(workload)] ?? []).filter((pod) => judgePod(pod, { restarts: 0 }).state !== 'ready').slice(0, MOST.pods);
      return [
        nameOf(workload),
        ...(workload.status?.conditions ?? []).map(
          ({ type, status, reason, message }) => `  ${type}=${status} ${reason ?? ''}: ${message ?? ''}`,
        ),
        ...eventLines(await eventsOf(cluster, workload)),
        ...(await Promise.all(pods.map((pod) => podLines(cluster, pod)))).flat(),
      ];
    }),
  );
  return parts.flat().join('\n');
}

async function podLines(cluster: Cluster, pod: Pod): Promise<string[]> {
  const { state, reason, message } = judgePod(pod, { restarts: 0 });
  const ended = (pod.status?.containerStatuses ?? []).filter(
    ({ restartCount, state: now }) => restartCount > 0 || now?.terminated !== undefined,
  );
  const logs = await Promise.all(ended.map(({ name, restartCount }) => logOf(cluster, pod, name, restartCount > 0)));
  return [`  pod ${pod.metadata.name}: ${state}, ${reason}: ${message}`, ...eventLines(await eventsOf(cluster, pod)), ...logs.flat()];
}

async function logOf(cluster: Cluster, pod: Pod, container: string, isPrevious: boolean): Promise<string[]> {
  const words = ['logs', pod.metadata.name, `--container=${container}`, `--tail=${MOST.lines}`, ...(isPrevious ? ['--previous'] : [])];
  const { exitCode, stdout, stderr } = await cluster.attempt(words);
  const text = exitCode === 0 ? stdout : stderr;
  return [
    `  last lines of ${container}:`,
    ...text
      .trimEnd()
      .split('\n')
      .map((line) => `    ${line}`),
  ];
}

const eventLines = (events: readonly KubeEvent[]): string[] =>
  events
    .slice(-MOST.events)
    .map(({ type, reason, message, count }) => `    ${type} ${reason}: ${message}${(count ?? 1) > 1 ? ` (${count} times)` : ''}`);
