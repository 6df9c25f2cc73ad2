import { setTimeout as sleep } from 'node:timers/promises';
import { type ClusterApi, unless } from './cluster-api.js';

/** The parts of a pod that a fake node reads. */
export interface Pod {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly spec: {
    readonly nodeName?: string;
    readonly nodeSelector?: Readonly<Record<string, string>>;
    readonly restartPolicy: 'Always' | 'OnFailure' | 'Never';
    readonly affinity?: unknown;
    readonly terminationGracePeriodSeconds?: number;
    readonly containers: readonly { name: string; image: string; resources?: { requests?: Readonly<Record<string, string>> } }[];
  };
  readonly status: { readonly phase?: string; readonly podIP?: string; readonly startTime?: string };
}

interface State {
  readonly waiting?: { readonly reason: string; readonly message?: string };
  readonly running?: { readonly startedAt: string };
  readonly terminated?: { readonly exitCode: number; readonly reason: string; readonly startedAt: string; readonly finishedAt: string };
}

/** A container, as its node sees it. */
interface Container {
  readonly name: string;
  readonly image: string;
  ready: boolean;
  restarts: number;
  state: State;
  last: State;
  /** What it has written, and what the one before it had. */
  log: string;
  logBefore: string | undefined;
}

export type EventOf = (type: 'Normal' | 'Warning', reason: string, message: string, container?: string) => void;

const STARTING = 100;
/** How long it works until it ends by itself. A real back-off begins with 10 s, and goes to 5 minutes. */
const WORKS = { crash: 100, oom: 100, done: 200, flaky: 1_000 };
const BACK_OFF = { first: 300, longest: 3_000 };
const PROBE = 500;
const SLOW = 2_000;

const now = (): string => new Date().toISOString();
const tagOf = (image: string): string => image.slice(image.lastIndexOf(':') + 1);

/** A pod whose containers do what the tags of their images say. It ends when the signal aborts. */
export class FakePod {
  readonly #api: ClusterApi;
  readonly #pod: Pod;
  readonly #ip: string;
  readonly #signal: AbortSignal;
  readonly #event: EventOf;
  readonly #containers: Container[];
  readonly #conditions = new Map<string, { status: string; since: string }>();
  readonly #since = now();
  #reported: Promise<void> = Promise.resolve();

  constructor(api: ClusterApi, pod: Pod, ip: string, signal: AbortSignal, event: EventOf) {
    this.#api = api;
    this.#pod = pod;
    this.#ip = ip;
    this.#signal = signal;
    this.#event = event;
    const state = { waiting: { reason: 'ContainerCreating' } };
    this.#containers = pod.spec.containers.map(({ name, image }) => ({
      ...{ name, image, ready: false, restarts: 0, state, last: {}, log: '', logBefore: undefined },
    }));
  }

  /** Runs until its containers have ended for good. */
  async run(): Promise<void> {
    await this.#report();
    await Promise.all(this.#containers.map((container) => this.#runContainer(container)));
  }

  /** What `kubectl logs` shows, or why there is nothing to show. */
  log(name: string, previous: boolean): { readonly status: number; readonly text: string } {
    const container = this.#containers.find((each) => each.name === name);
    if (!container) return { status: 404, text: `container ${name} not found` };
    if (previous) {
      const text = container.logBefore;
      return text === undefined
        ? { status: 400, text: `previous terminated container "${name}" in pod "${this.#pod.metadata.name}" not found` }
        : { status: 200, text };
    }
    const waits = container.state.waiting;
    if (waits && container.log === '')
      return {
        status: 400,
        text: `container "${name}" in pod "${this.#pod.metadata.name}" is waiting to start: ${waits.message ?? waits.reason}`,
      };
    return { status: 200, text: container.log };
  }

  async #runContainer(container: Container): Promise<void> {
    const tag = tagOf(container.image);
    if (tag === 'missing') return this.#neverPulled(container);
    this.#event('Normal', 'Pulled', `Container image "${container.image}" already present on machine`, container.name);
    if (tag === 'config') return this.#neverCreated(container);
    for (;;) {
      await this.#start(container);
      if (tag === 'unready') return this.#probeFails(container);
      if (tag === 'slow') await this.#probeFails(container, SLOW);
      if (tag !== 'crash' && tag !== 'oom' && tag !== 'done') {
        container.log += 'listening on 8080\n';
        await this.#set(container, { ready: true });
      }
      if (!(tag in WORKS)) return;
      await this.#pause(WORKS[tag as keyof typeof WORKS]);
      await this.#exit(container, tag);
      const { restartPolicy } = this.#pod.spec;
      if (restartPolicy === 'Never' || (restartPolicy === 'OnFailure' && tag === 'done')) return;
      await this.#backOff(container);
    }
  }

  async #start(container: Container): Promise<void> {
    if (container.log !== '') container.logBefore = container.log;
    container.log = `starting ${container.image}\n`;
    this.#event('Normal', 'Created', `Created container ${container.name}`, container.name);
    this.#event('Normal', 'Started', `Started container ${container.name}`, container.name);
    await this.#pause(STARTING);
    await this.#set(container, { state: { running: { startedAt: now() } } });
  }

  async #exit(container: Container, tag: string): Promise<void> {
    const ends = { oom: { exitCode: 137, reason: 'OOMKilled' }, done: { exitCode: 0, reason: 'Completed' } };
    const end = ends[tag as keyof typeof ends] ?? { exitCode: 1, reason: 'Error' };
    if (end.reason === 'Error') container.log += 'Error: no connection to the database\n';
    const startedAt = container.state.running!.startedAt;
    await this.#set(container, { ready: false, state: { terminated: { ...end, startedAt, finishedAt: now() } } });
  }

  /** Waits before the next start, each time for longer. One that has worked for a while is started at once, as the first time. */
  async #backOff(container: Container): Promise<void> {
    const { restarts, name, state } = container;
    const isFirst = restarts === 0 || tagOf(container.image) === 'flaky';
    if (!isFirst) {
      const { name: pod, namespace, uid } = this.#pod.metadata;
      const message = `back-off 10s restarting failed container=${name} pod=${pod}_${namespace}(${uid})`;
      this.#event('Warning', 'BackOff', 'Back-off restarting failed container', name);
      await this.#set(container, { state: { waiting: { reason: 'CrashLoopBackOff', message } }, last: state });
      await this.#pause(Math.min(BACK_OFF.first * 2 ** restarts, BACK_OFF.longest));
    }
    Object.assign(container, { restarts: restarts + 1, last: state });
  }

  async #neverPulled(container: Container): Promise<void> {
    const { image, name } = container;
    const unknown = `rpc error: code = Unknown desc = Error response from daemon: manifest for ${image} not found: manifest unknown: manifest unknown`;
    this.#event('Normal', 'Pulling', `Pulling image "${image}"`, name);
    await this.#pause(STARTING);
    for (let times = 0; ; times += 1) {
      this.#event('Warning', 'Failed', `Failed to pull image "${image}": ${unknown}`, name);
      this.#event('Warning', 'Failed', 'Error: ErrImagePull', name);
      await this.#set(container, { state: { waiting: { reason: 'ErrImagePull', message: unknown } } });
      await this.#pause(BACK_OFF.first);
      this.#event('Normal', 'BackOff', `Back-off pulling image "${image}"`, name);
      this.#event('Warning', 'Failed', 'Error: ImagePullBackOff', name);
      const message = `Back-off pulling image "${image}"`;
      await this.#set(container, { state: { waiting: { reason: 'ImagePullBackOff', message } } });
      await this.#pause(Math.min(BACK_OFF.first * 2 ** (times + 2), BACK_OFF.longest));
    }
  }

  async #neverCreated(container: Container): Promise<void> {
    const message = 'secret "settings" not found';
    await this.#set(container, { state: { waiting: { reason: 'CreateContainerConfigError', message } } });
    for (;;) {
      this.#event('Warning', 'Failed', `Error: ${message}`, container.name);
      await this.#pause(BACK_OFF.longest);
    }
  }

  async #probeFails(container: Container, during = Number.POSITIVE_INFINITY): Promise<void> {
    const until = Date.now() + during;
    while (Date.now() < until) {
      this.#event('Warning', 'Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503', container.name);
      await this.#pause(Math.min(PROBE, until - Date.now()));
    }
  }

  #pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#signal });
  }

  async #set(container: Container, change: Partial<Container>): Promise<void> {
    Object.assign(container, change);
    await this.#report();
  }

  /** One after the other: of two at once the older might come last. */
  #report(): Promise<void> {
    this.#reported = this.#reported.then(() => this.#send());
    return this.#reported;
  }

  async #send(): Promise<void> {
    this.#signal.throwIfAborted();
    const { name, namespace } = this.#pod.metadata;
    const status = {
      phase: this.#phase(),
      podIP: this.#ip,
      podIPs: [{ ip: this.#ip }],
      hostIP: '127.0.0.1',
      startTime: this.#since,
      conditions: this.#conditionsNow(),
      containerStatuses: this.#containers.map(({ restarts: restartCount, last: lastState, log: _l, logBefore: _b, ...seen }) => ({
        ...{ ...seen, restartCount, lastState, started: 'running' in seen.state },
        ...{ imageID: seen.state.waiting && restartCount === 0 ? '' : `fake://${seen.image}` },
      })),
    };
    // It may be deleted meanwhile.
    await unless([404], this.#api.call('PATCH', `/api/v1/namespaces/${namespace}/pods/${name}/status`, { status }));
  }

  #phase(): string {
    const ended = this.#containers.map(({ state }) => state.terminated?.exitCode);
    const isOver = this.#pod.spec.restartPolicy !== 'Always' && ended.every((code) => code !== undefined);
    const mayRestart = this.#pod.spec.restartPolicy === 'OnFailure' && ended.some((code) => code !== 0);
    if (isOver && !mayRestart) return ended.every((code) => code === 0) ? 'Succeeded' : 'Failed';
    return this.#containers.some(({ state, restarts, last }) => state.waiting && restarts === 0 && !last.terminated)
      ? 'Pending'
      : 'Running';
  }

  #conditionsNow(): object[] {
    const unready = this.#containers.filter(({ ready }) => !ready).map(({ name }) => name);
    const why = { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
    return ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => {
      const isUnready = type.includes('Ready') && unready.length > 0;
      const status = isUnready ? 'False' : 'True';
      const before = this.#conditions.get(type);
      const seen = before?.status === status ? before : { status, since: now() };
      this.#conditions.set(type, seen);
      return { type, status, lastTransitionTime: seen.since, ...(isUnready && why) };
    });
  }
}
