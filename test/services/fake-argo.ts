import { createHash } from 'node:crypto';
import type { Cluster } from './cluster.js';
import { type ClusterApi, unless } from './cluster-api.js';
import type { AtEnd } from './started.js';

/*
 * A fake: the controller of Argo Rollouts, as far as canaries with traffic routing go. It was written after its documentation and the
 * sources of its `rollout/trafficrouting.go` and `rollout/canary.go`, and never compared with a real one. To the API it looks like this:
 *
 * - a new template makes a ReplicaSet with the label `rollouts-pod-template-hash`; the first one is the stable one at once
 * - `setWeight: N` scales the new ReplicaSet to its part, and raises the weight when that is ready; `pause: { duration }` waits,
 *   `pause: {}` for ever; after the last step the new ReplicaSet is the stable one, and the old one goes
 * - `status.abort` gives all traffic to the stable one at once, and leaves the new one scaled; the phase is Degraded
 * - a template that is the stable one again skips all steps, and ends an abort
 *
 * Not there: experiments, analyses, blue and green, promotions, dynamicStableScale, and any router: weights are in the status alone.
 */

interface Rollout {
  readonly metadata: { name: string; uid: string; generation: number };
  readonly spec: {
    readonly replicas: number;
    readonly selector: { readonly matchLabels: Record<string, string> };
    readonly template: { readonly metadata: { readonly labels: Record<string, string> }; readonly spec: object };
    readonly strategy: { readonly canary: { readonly steps?: readonly Step[] } };
  };
  readonly status?: {
    readonly stableRS?: string;
    readonly currentPodHash?: string;
    readonly abort?: boolean | null;
    readonly currentStepIndex?: number;
  };
}

interface Step {
  readonly setWeight?: number;
  readonly pause?: { readonly duration?: number };
}

const HASH = 'rollouts-pod-template-hash';
const POLL_MS = 150;

/** Plays the controller in one namespace, until the end. */
export function startFakeArgo({ api }: Cluster, namespace: string, atEnd: AtEnd): void {
  const stop = new AbortController();
  const controller = new FakeArgo(api, namespace);
  const work = (async () => {
    while (!stop.signal.aborted) {
      await controller.reconcile();
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  })();
  atEnd(async () => {
    stop.abort();
    await work;
  });
}

class FakeArgo {
  /** When the pause of a step began, by Rollout and step. */
  readonly #paused = new Map<string, number>();
  #revision = 0;

  constructor(
    private readonly api: ClusterApi,
    private readonly namespace: string,
  ) {}

  async reconcile(): Promise<void> {
    const { items } = await this.api.call<{ items: Rollout[] }>('GET', this.#rollouts());
    for (const each of items) await unless([404, 409], this.#one(each));
  }

  #rollouts(name = ''): string {
    return `/apis/argoproj.io/v1alpha1/namespaces/${this.namespace}/rollouts${name && `/${name}`}`;
  }

  async #one(rollout: Rollout): Promise<void> {
    const { metadata, spec, status = {} } = rollout;
    const hash = createHash('sha256').update(JSON.stringify(spec.template)).digest('hex').slice(0, 9);
    const isNew = status.currentPodHash !== hash;
    const { stableRS: stable = hash } = status;
    if (isNew) {
      this.#revision += 1;
      for (const key of this.#paused.keys()) if (key.startsWith(metadata.uid)) this.#paused.delete(key);
      await this.api.call('PATCH', this.#rollouts(metadata.name), {
        metadata: { annotations: { 'rollout.argoproj.io/revision': `${this.#revision}` } },
      });
    }
    await this.#scale(rollout, stable, spec.replicas);
    if (stable === hash) return this.#say(rollout, { hash, stable, weight: 0, step: 0, phase: 'Healthy', abort: null });
    if (status.abort === true && !isNew)
      return this.#say(rollout, { hash, stable, weight: 0, step: 0, phase: 'Degraded', message: 'RolloutAborted' });
    await this.#steps(rollout, hash, stable, isNew);
  }

  async #steps(rollout: Rollout, hash: string, stable: string, isNew: boolean): Promise<void> {
    const { metadata, spec, status } = rollout;
    const index = isNew ? 0 : (status?.currentStepIndex ?? 0);
    const { steps = [] } = spec.strategy.canary;
    const lastWeight = (end: number) => steps.slice(0, end).findLast(({ setWeight }) => setWeight !== undefined)?.setWeight ?? 0;
    const step = steps[index];
    const wanted = step === undefined ? spec.replicas : Math.ceil(((step.setWeight ?? lastWeight(index)) * spec.replicas) / 100);
    const isReady = await this.#scale(rollout, hash, wanted);
    const say = (weight: number, at: number, phase: string, message = '') =>
      this.#say(rollout, { hash, stable, weight, step: at, phase, message, ...(isNew && { abort: null }) });
    if (step === undefined) {
      if (!isReady) return say(lastWeight(index), index, 'Progressing', 'waiting for the new ReplicaSet');
      await this.#say(rollout, { hash, stable: hash, weight: 0, step: index, phase: 'Healthy', abort: null });
      await this.#scale(rollout, stable, 0);
      return;
    }
    if (step.setWeight !== undefined)
      return isReady
        ? say(step.setWeight, index + 1, 'Progressing')
        : say(lastWeight(index), index, 'Progressing', 'more replicas need to be updated');
    const key = `${metadata.uid} ${index}`;
    const since = this.#paused.get(key) ?? Date.now();
    this.#paused.set(key, since);
    const { duration } = step.pause ?? {};
    const isOver = duration !== undefined && Date.now() - since >= duration * 1000;
    return isOver ? say(lastWeight(index), index + 1, 'Progressing') : say(lastWeight(index), index, 'Paused', 'CanaryPauseStep');
  }

  /** Makes and scales the ReplicaSet of a hash. Are all of its pods ready? */
  async #scale({ metadata, spec }: Rollout, hash: string, replicas: number): Promise<boolean> {
    const all = `/apis/apps/v1/namespaces/${this.namespace}/replicasets`;
    const name = `${metadata.name}-${hash}`;
    const found = await unless(
      [404],
      this.api.call<{ spec: { replicas: number }; status: { readyReplicas?: number } }>('GET', `${all}/${name}`),
    );
    if (found === undefined) {
      const labels = { ...spec.template.metadata.labels, [HASH]: hash };
      const { name: owner, uid } = metadata;
      await this.api.call('POST', all, {
        metadata: {
          name,
          labels,
          ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: owner, uid, controller: true }],
        },
        spec: {
          replicas,
          selector: { matchLabels: { ...spec.selector.matchLabels, [HASH]: hash } },
          template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
        },
      });
      return false;
    }
    if (found.spec.replicas !== replicas) await this.api.call('PATCH', `${all}/${name}`, { spec: { replicas } });
    return found.spec.replicas === replicas && (found.status.readyReplicas ?? 0) >= replicas;
  }

  #say({ metadata }: Rollout, said: Said): Promise<void> {
    const { hash, stable, weight, step, phase, message = '', abort } = said;
    const status = {
      observedGeneration: `${metadata.generation}`,
      stableRS: stable,
      currentPodHash: hash,
      currentStepIndex: step,
      phase,
      message,
      ...(abort === null && { abort }),
      canary: {
        weights: { canary: { weight, podTemplateHash: hash }, stable: { weight: 100 - weight, podTemplateHash: stable } },
      },
    };
    return this.api.call('PATCH', `${this.#rollouts(metadata.name)}/status`, { status });
  }
}

interface Said {
  readonly hash: string;
  readonly stable: string;
  readonly weight: number;
  readonly step: number;
  readonly phase: string;
  readonly message?: string;
  /** Ends an abort; else it stays what it is, as somebody may set it at this moment. */
  readonly abort?: null;
}
