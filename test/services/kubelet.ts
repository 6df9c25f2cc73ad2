import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Cluster } from './cluster.js';
import { type ClusterApi, unless } from './cluster-api.js';
import type { Certificate } from './control-plane.js';
import { FakeEvents } from './fake-events.js';
import { FakePod, type Pod } from './fake-pod.js';
import { type FakeNode, quantity, schedule } from './fake-scheduler.js';
import type { AtEnd } from './started.js';

/*
 * A fake: nodes without containers, and the scheduler. To the API it looks as kubelets do: it binds pods, writes their status and
 * events, serves their logs, and deletes them when asked. It runs in the process of the test. What a container does is said by the tag
 * of its image; times are short:
 *
 * - `:unready`  runs, but its readiness probe fails for ever
 * - `:slow`     the same for 2 s, and then it is ready
 * - `:crash`    ends with exit code 1 after 0.1 s, again and again: CrashLoopBackOff
 * - `:oom`      ends with 137, OOMKilled, again and again
 * - `:flaky`    becomes ready, ends after 1 s, is started again at once, and so on
 * - `:done`     ends well after 0.2 s, as the pod of a Job does
 * - `:missing`  cannot be pulled: ErrImagePull, ImagePullBackOff
 * - `:config`   cannot be created: CreateContainerConfigError
 * - all others  become ready after 0.1 s
 *
 * Not there: init containers, probes and commands (they are not read), volumes, `kubectl exec`, addresses on which anything listens,
 * changes of an image in a pod that runs, nodes that go away.
 */

interface Nodes {
  /** How many. */
  readonly nodes?: number;
  /** What each has. */
  readonly cpu?: string;
  readonly memory?: string;
}

const PODS = 110;
/** How long a pod that is deleted works on, where its own grace is not shorter. */
const LONGEST_GRACE = 300;

/** Starts nodes in a cluster that has none. They end, and report what went wrong with them, with the test, or as `atEnd` says. */
export async function startNodes({ api, certificate }: Cluster, nodes: Nodes = {}, atEnd: AtEnd = onTestFinished): Promise<void> {
  if (!certificate) throw new Error('a cluster that was given has nodes of its own');
  const kubelet = new Kubelet(api);
  atEnd(() => kubelet.stop());
  await kubelet.start(certificate, nodes);
}

const listOf = <T>(api: ClusterApi, path: string): Promise<{ metadata: { resourceVersion: string }; items: T[] }> => api.call('GET', path);

class Kubelet {
  readonly #api: ClusterApi;
  readonly #nodes: FakeNode[] = [];
  /** The pods that run here, by uid. */
  readonly #running = new Map<string, { pod: Pod; fake: FakePod; stop: AbortController }>();
  /** Those for which no node had room. */
  readonly #unscheduled = new Map<string, Pod>();
  readonly #deleting = new Set<string>();
  readonly #events: FakeEvents;
  readonly #stop = new AbortController();
  readonly #faults: unknown[] = [];
  #lastAddress = 1;

  constructor(api: ClusterApi) {
    this.#api = api;
    this.#events = new FakeEvents(api, this.#stop.signal, (work) => this.#guard(work));
  }

  async start(certificate: Certificate, { nodes = 1, cpu = '4', memory = '8Gi' }: Nodes): Promise<void> {
    const port = await this.#serveLogs(certificate);
    for (let at = 1; at <= nodes; at += 1) await this.#register(`node-${at}`, { cpu, memory, pods: `${PODS}` }, port);
    this.#guard(this.#follow());
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    for (const { stop } of this.#running.values()) stop.abort();
    await this.#events.written;
    if (this.#faults.length > 0) throw new AggregateError(this.#faults, `the fake nodes failed: ${this.#faults.join('; ')}`);
  }

  /** What fails after the end, or because of it, does not count. */
  #guard(work: Promise<unknown>): Promise<unknown> {
    return work.catch((error) => {
      if (!this.#stop.signal.aborted && (error as Error).name !== 'AbortError') this.#faults.push(error);
    });
  }

  async #register(name: string, size: { cpu: string; memory: string; pods: string }, port: number): Promise<void> {
    const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' };
    await this.#api.call('POST', '/api/v1/nodes', { metadata: { name, labels } });
    const at = new Date().toISOString();
    const ready = {
      type: 'Ready',
      status: 'True',
      reason: 'KubeletReady',
      message: 'a fake',
      lastHeartbeatTime: at,
      lastTransitionTime: at,
    };
    const status = {
      conditions: [ready],
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
      capacity: size,
      allocatable: size,
    };
    await this.#api.call('PATCH', `/api/v1/nodes/${name}/status`, { status });
    // The controller of nodes, which is not there, would take this away.
    await this.#api.call('PATCH', `/api/v1/nodes/${name}`, { spec: { taints: null } });
    this.#nodes.push({ name, labels, size: { cpu: quantity(size.cpu), memory: quantity(size.memory), pods: PODS }, pods: new Map() });
  }

  /** The one thing that the API server asks of a node: `kubectl logs`. It shows what there is, and does not follow. */
  async #serveLogs({ cert, key }: Certificate): Promise<number> {
    const server = createServer({ cert, key }, (asked, answer) => {
      const { pathname, searchParams } = new URL(asked.url!, 'https://node');
      const [, what, namespace, name, container] = pathname.split('/');
      const found = [...this.#running.values()].find(({ pod }) => pod.metadata.namespace === namespace && pod.metadata.name === name);
      if (what !== 'containerLogs' || !found) return void answer.writeHead(404).end('not found');
      const { status, text } = found.fake.log(container!, searchParams.get('previous') === 'true');
      const lines = Number(searchParams.get('tailLines') ?? Number.POSITIVE_INFINITY);
      answer.writeHead(status, { 'content-type': 'text/plain' }).end(
        text
          .split(/(?<=\n)/)
          .slice(-lines)
          .join(''),
      );
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    this.#stop.signal.addEventListener('abort', () => {
      server.close();
      server.closeAllConnections();
    });
    return (server.address() as AddressInfo).port;
  }

  async #follow(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const { metadata, items } = await listOf<Pod>(this.#api, '/api/v1/pods');
      for (const pod of items) this.#see(pod);
      const path = `/api/v1/pods?watch=1&resourceVersion=${metadata.resourceVersion}`;
      await this.#api.watch(path, this.#stop.signal, ({ type, object }) => {
        if (type === 'DELETED') this.#forget(object as Pod);
        else if (type !== 'ERROR') this.#see(object as Pod);
      });
    }
  }

  #see(pod: Pod): void {
    const { uid, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp !== undefined) this.#guard(this.#delete(pod));
    else if (this.#running.has(uid) || ['Succeeded', 'Failed'].includes(pod.status.phase ?? '')) return;
    else if (pod.spec.nodeName === undefined) this.#guard(this.#schedule(pod));
    else this.#run(pod, pod.spec.nodeName);
  }

  async #schedule(pod: Pod): Promise<void> {
    const { uid, name, namespace } = pod.metadata;
    if (this.#nodes.some(({ pods }) => pods.has(uid))) return;
    const found = schedule(this.#nodes, pod);
    if ('node' in found) {
      this.#unscheduled.delete(uid);
      // Before anything is asked: the next pod must see it there.
      found.node.pods.set(uid, pod);
      const target = { kind: 'Node', name: found.node.name };
      await unless([404], this.#api.call('POST', `/api/v1/namespaces/${namespace}/pods/${name}/binding`, { metadata: { name }, target }));
      this.#events.emit(pod, 'default-scheduler', 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${target.name}`);
      return;
    }
    if (this.#unscheduled.has(uid)) return;
    this.#unscheduled.set(uid, pod);
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', ...found };
    this.#events.emit(pod, 'default-scheduler', 'Warning', 'FailedScheduling', found.message);
    const status = { conditions: [{ ...condition, lastTransitionTime: new Date().toISOString() }] };
    await unless([404], this.#api.call('PATCH', `/api/v1/namespaces/${namespace}/pods/${name}/status`, { status }));
  }

  #run(pod: Pod, nodeName: string): void {
    const node = this.#nodes.find(({ name }) => name === nodeName);
    if (!node) return;
    const { uid } = pod.metadata;
    node.pods.set(uid, pod);
    this.#lastAddress += 1;
    const ip = `10.1.${this.#lastAddress >> 8}.${this.#lastAddress & 255}`;
    const stop = new AbortController();
    const fake = new FakePod(this.#api, pod, ip, stop.signal, (type, reason, message, container) =>
      this.#events.emit(pod, 'kubelet', type, reason, message, container),
    );
    this.#running.set(uid, { pod, fake, stop });
    this.#guard(fake.run());
  }

  /** It works on for its grace, and is then gone from the API. */
  async #delete(pod: Pod): Promise<void> {
    const { uid, name, namespace } = pod.metadata;
    if (this.#deleting.has(uid)) return;
    this.#deleting.add(uid);
    if (this.#running.has(uid))
      for (const container of pod.spec.containers)
        this.#events.emit(pod, 'kubelet', 'Normal', 'Killing', `Stopping container ${container.name}`, container.name);
    const grace = (pod.spec.terminationGracePeriodSeconds ?? 30) * 1_000;
    await new Promise((resolve) => setTimeout(resolve, Math.min(grace, LONGEST_GRACE)));
    this.#running.get(uid)?.stop.abort();
    const options = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, preconditions: { uid } };
    await unless([404, 409], this.#api.call('DELETE', `/api/v1/namespaces/${namespace}/pods/${name}`, options));
  }

  #forget({ metadata: { uid } }: Pod): void {
    this.#running.get(uid)?.stop.abort();
    this.#running.delete(uid);
    this.#deleting.delete(uid);
    this.#unscheduled.delete(uid);
    for (const { pods } of this.#nodes) pods.delete(uid);
    // There is room now.
    for (const pod of [...this.#unscheduled.values()]) this.#guard(this.#schedule(pod));
  }
}
