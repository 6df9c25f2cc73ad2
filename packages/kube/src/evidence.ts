import type { ComponentConfig, Failure, FailureNotice, RunContext } from '@ship/core';
import type { Cluster } from './cluster.js';
import { type KubeEvent, type KubeObject, nameOf, type Pod, type Workload } from './objects.js';
import { judgePod } from './pods.js';
import { eventsOf } from './rollout.js';
import { newestPods, workloadsIn } from './running.js';

/** Of each; there may be hundreds. */
const MOST = { pods: 5, events: 10, lines: 30 };

/** What a driver looks at of a component that has failed. */
export interface Looked {
  readonly cluster: Cluster;
  readonly objects: readonly KubeObject[];
}

/** Gathers what pods, events and logs say of a component of a driver that has failed, before anything of it is taken back. */
export async function addEvidence(
  driver: string,
  look: (run: RunContext, component: ComponentConfig) => Promise<Looked>,
  { component }: Pick<Failure, 'component'>,
  run: RunContext,
  notice: FailureNotice,
): Promise<void> {
  const config = component === undefined ? undefined : run.config.components[component];
  if (config?.driver !== driver) return;
  const { cluster, objects } = await look(run, config);
  const text = await evidenceOf(cluster, workloadsIn(objects));
  if (text !== '') notice.addEvidence(`${driver} ${config.name}`, text);
}

/** How workloads stand, for whoever reads why they failed: conditions, events, pods, and the last lines of containers that ended. */
async function evidenceOf(cluster: Cluster, workloads: readonly Workload[]): Promise<string> {
  const newest = await newestPods(cluster, workloads);
  const parts = await Promise.all(
    workloads.map(async (workload) => {
      const pods = (newest[nameOf(workload)] ?? []).filter((pod) => judgePod(pod, { restarts: 0 }).state !== 'ready').slice(0, MOST.pods);
      return [
        nameOf(workload),
        ...(workload.status?.conditions ?? []).map(
          ({ type, status, reason, message }) => `  ${type}=${status} ${reason ?? ''}: ${message ?? ''}`,
        ),
        ...eventLines(await eventsOf(cluster.at(workload), workload)),
        ...(await Promise.all(pods.map((pod) => podLines(cluster.at(pod), pod)))).flat(),
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
