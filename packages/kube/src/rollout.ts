import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from './cluster.js';
import { errors } from './errors.js';
import { type KubeEvent, type KubeObject, nameOf, type Pod, type Workload } from './objects.js';
import { judgePod, type PodVerdict } from './pods.js';
import { progressOf, replicaFailure } from './workloads.js';

/** What a rollout is waited for with. */
export interface Waiting {
  readonly timeoutMs: number;
  /** By the name of a workload, such as `Deployment web`: how often containers of the version before had been started anew. */
  readonly baseline: Readonly<Record<string, number>>;
  readonly signal: AbortSignal;
  /** Hears how far it has come, once for each change. */
  readonly onProgress: (line: string) => void;
}

/** How one workload stands. */
export interface Standing {
  readonly workload: Workload;
  readonly state: 'ready' | 'waiting' | 'broken';
  readonly reason: string;
  readonly message: string;
  /** The pod that it is about. */
  readonly pod?: Pod;
}

/** An API server answers in some 50 ms; a person notices what is broken within two seconds. */
const POLL_MS = 1_000;
/** What may still be freed, or made room for, by whoever scales the nodes or ends what was there before. */
const GRACE_MS = 15_000;

/**
 * Waits until all workloads are ready, and no longer than the first of them can be seen to be broken: by the states of its
 * pods, not by the time. Throws SHIP_KUBE_BROKEN, or SHIP_KUBE_LATE.
 */
export async function awaitRollout(cluster: Cluster, workloads: readonly KubeObject[], waiting: Waiting): Promise<Workload[]> {
  const until = Date.now() + waiting.timeoutMs;
  const stuck = new Map<string, number>();
  let said = '';
  for (;;) {
    const standings = await standingsOf(cluster, workloads, waiting.baseline);
    const line = standings.map(({ workload, message }) => `${nameOf(workload)}: ${message}`).join('; ');
    if (line !== said) waiting.onProgress(line);
    said = line;
    const broken = standings.find((each) => each.state === 'broken' || isStuck(each, stuck));
    if (broken !== undefined) throw brokenError(broken);
    if (standings.every(({ state }) => state === 'ready')) return standings.map(({ workload }) => workload);
    if (Date.now() >= until) {
      const late = standings.find(({ state }) => state !== 'ready')!;
      throw errors.SHIP_KUBE_LATE({ what: nameOf(late.workload), problem: late.message, timeoutMs: waiting.timeoutMs });
    }
    await pause(Math.min(POLL_MS, Math.max(1, until - Date.now())), undefined, { signal: waiting.signal });
  }
}

const brokenError = ({ workload, pod, reason, message }: Standing) =>
  errors.SHIP_KUBE_BROKEN({
    what: nameOf(workload),
    problem: pod === undefined ? `${reason}: ${message}` : `pod ${pod.metadata.name}: ${reason}: ${message}`,
  });

/** Reasons that somebody may still take away: they must stand for a while. */
const PASSING = new Set(['Unschedulable', 'FailedCreate']);

function isStuck({ workload, state, reason }: Standing, since: Map<string, number>): boolean {
  const name = nameOf(workload);
  if (state !== 'waiting' || !PASSING.has(reason)) {
    since.delete(name);
    return false;
  }
  const first = since.get(name) ?? Date.now();
  since.set(name, first);
  return Date.now() - first >= GRACE_MS;
}

/** How each workload stands now. */
export async function standingsOf(
  cluster: Cluster,
  workloads: readonly KubeObject[],
  baseline: Readonly<Record<string, number>>,
): Promise<Standing[]> {
  const places = await Promise.all(cluster.byPlace(workloads).map(([place, each]) => standingsAt(place, each, baseline)));
  return places.flat();
}

async function standingsAt(
  cluster: Cluster,
  workloads: readonly KubeObject[],
  baseline: Readonly<Record<string, number>>,
): Promise<Standing[]> {
  const names = workloads.map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`);
  const { items } = await cluster
    .json<{ items: Workload[] } & Workload>(['get', ...names])
    .then((found) => (Array.isArray(found.items) ? found : { items: [found as unknown as Workload] }));
  const open = items.filter((each) => progressOf(each).state !== 'ready');
  const [replicaSets, pods] = open.length === 0 ? [[], []] : await ownedBy(cluster, open);
  return Promise.all(items.map((each) => standingOf(cluster, each, { replicaSets, pods, restarts: baseline[nameOf(each)] ?? 0 })));
}

async function ownedBy(cluster: Cluster, workloads: readonly Workload[]): Promise<[KubeObject[], Pod[]]> {
  const kinds = workloads.some(({ kind }) => kind === 'Deployment') ? 'replicasets,pods' : 'pods';
  const found = await cluster.list<KubeObject>(kinds);
  return [found.filter(({ kind }) => kind === 'ReplicaSet'), found.filter(({ kind }) => kind === 'Pod') as Pod[]];
}

interface Owned {
  readonly replicaSets: readonly KubeObject[];
  readonly pods: readonly Pod[];
  readonly restarts: number;
}

async function standingOf(cluster: Cluster, workload: Workload, owned: Owned): Promise<Standing> {
  const progress = progressOf(workload);
  const { state, message } = progress;
  if (state !== 'waiting') return { workload, state, reason: progress.reason ?? '', message };
  const verdicts = newPodsOf(workload, owned).map((pod) => ({ pod, verdict: judgePod(pod, { restarts: owned.restarts }) }));
  const worst = (wanted: PodVerdict['state'], reason?: string) =>
    verdicts.find(({ verdict }) => verdict.state === wanted && (reason === undefined || verdict.reason === reason));
  const broken = worst('broken');
  if (broken !== undefined)
    return { workload, state: 'broken', reason: broken.verdict.reason, message: broken.verdict.message, pod: broken.pod };
  const refused = await whyNoPods(cluster, workload, owned);
  if (refused !== undefined) return { workload, state, reason: 'FailedCreate', message: refused };
  const waiting = worst('waiting', 'Unschedulable') ?? worst('waiting');
  if (waiting === undefined) return { workload, state, reason: '', message };
  const { reason, message: said } = waiting.verdict;
  return { workload, state, reason, message: `${message} (${reason}: ${said})`, pod: waiting.pod };
}

/** The pods of the version that is rolled out: what still runs of the one before says nothing of it. */
export function newPodsOf(workload: Workload, { replicaSets, pods }: Pick<Owned, 'replicaSets' | 'pods'>): Pod[] {
  const isOwnedBy = (uid: string | undefined) => (each: KubeObject) =>
    each.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true;
  if (workload.kind === 'Deployment') {
    const newest = newestOf(replicaSets.filter(isOwnedBy(workload.metadata.uid)), workload);
    return newest === undefined ? [] : pods.filter(isOwnedBy(newest.metadata.uid));
  }
  const own = pods.filter(isOwnedBy(workload.metadata.uid));
  const revision = workload.status?.updateRevision;
  if (workload.kind === 'StatefulSet' && revision !== undefined)
    return own.filter(({ metadata }) => metadata.labels?.['controller-revision-hash'] === revision);
  const generation = workload.metadata.annotations?.['deprecated.daemonset.template.generation'] ?? String(workload.metadata.generation);
  const ofGeneration = own.filter(({ metadata }) => metadata.labels?.['pod-template-generation'] === generation);
  return ofGeneration.length === 0 ? own : ofGeneration;
}

const REVISION = 'deployment.kubernetes.io/revision';

function newestOf(replicaSets: readonly KubeObject[], { metadata }: Workload): KubeObject | undefined {
  const revision = metadata.annotations?.[REVISION];
  return replicaSets.find((each) => each.metadata.annotations?.[REVISION] === revision);
}

/** Nothing is made where a quota or somebody else refuses: a Deployment says so itself, of others events do. */
async function whyNoPods(cluster: Cluster, workload: Workload, owned: Owned): Promise<string | undefined> {
  const own = replicaFailure(workload);
  if (own !== undefined || workload.kind === 'Deployment' || newPodsOf(workload, owned).length > 0) return own;
  const events = await eventsOf(cluster, workload);
  return events.findLast(({ reason }) => reason === 'FailedCreate')?.message;
}

/** What happened to an object, oldest first. */
export async function eventsOf(cluster: Cluster, { kind, metadata }: KubeObject): Promise<KubeEvent[]> {
  const { items } = await cluster.json<{ items: KubeEvent[] }>([
    'get',
    'events',
    `--field-selector=involvedObject.name=${metadata.name},involvedObject.kind=${kind}`,
  ]);
  const timeOf = ({ lastTimestamp, eventTime, metadata: own }: KubeEvent) => lastTimestamp ?? eventTime ?? own.creationTimestamp ?? '';
  return [...items].sort((one, other) => timeOf(one).localeCompare(timeOf(other)));
}
