import { setTimeout as pause } from 'node:timers/promises';
import { durationSchema, type JsonSchema, parseDuration, type Router } from '@ship/core';
import type { KubeObject, PlaceOptions, PodTemplate } from '@ship/kube';
import { errors } from '../errors.js';
import { VERSION } from '../objects/marks.js';
import type { Backend, Shares } from './backends.js';
import { behind, runningIn, VERSION_LABEL } from './behind.js';
import { demand, patchGuarded } from './guard.js';
import { type Front, kubeRouter, type RouterSite } from './router.js';

/** `router: { rollout: { … } }` of a component. */
interface Settings {
  readonly rollout: string;
  readonly timeout?: string;
}

const schema: JsonSchema = {
  $id: 'ship:router/rollout',
  type: 'object',
  required: ['rollout'],
  additionalProperties: false,
  properties: {
    rollout: { type: 'string', minLength: 1, description: 'The Rollout of Argo: a canary with traffic routing.' },
    timeout: { ...durationSchema, description: 'How long its steps, or its way back, may take. Default: 10m.' },
  },
};

const KIND = 'rollouts.v1alpha1.argoproj.io';
/** The label by which Argo tells the pods of a ReplicaSet from others. */
const HASH = 'rollouts-pod-template-hash';

/** A share, as Argo has set it. */
interface Destination {
  readonly weight: number;
  readonly podTemplateHash?: string;
}

type Rollout = KubeObject & {
  readonly spec?: { readonly replicas?: number };
  readonly status?: {
    /** A text, since it was a hash of the spec once. */
    readonly observedGeneration?: string;
    readonly stableRS?: string;
    readonly currentPodHash?: string;
    readonly abort?: boolean;
    readonly phase?: string;
    readonly message?: string;
    readonly canary?: {
      readonly weights?: {
        readonly canary: Destination;
        readonly stable: Destination;
        readonly additional?: readonly Destination[];
        /** Only some of its routers verify. */
        readonly verified?: boolean;
      };
    };
  };
};

type ReplicaSet = KubeObject & { readonly spec?: { readonly template?: PodTemplate } };

/** A Rollout of Argo, which weighs by itself: its steps are waited for, and aborted for the way back. */
export const rolloutRouter = (options: PlaceOptions): Router => kubeRouter(options, schema, read);

const settingsOf = ({ component }: RouterSite) => component.router!.settings as unknown as Settings;

async function read(site: RouterSite): Promise<Front> {
  const { cluster, component } = site;
  const rollout = await observed(site);
  const { stableRS: stable, currentPodHash: current, canary } = rollout.status!;
  const { weights } = canary ?? {};
  if (weights === undefined || stable === undefined || current === undefined)
    throw errors.SHIP_KUBECTL_ROUTER_FORM({
      component: component.name,
      object: `Rollout ${rollout.metadata.name}`,
      problem: 'its status has no weights, as that of a canary with traffic routing has',
    });
  const all = [weights.canary, weights.stable, ...(weights.additional ?? [])];
  const [running, sets] = await Promise.all([runningIn(cluster), cluster.list<ReplicaSet>('replicasets.v1.apps', HASH)]);
  const hashes = [...new Set([stable, current, ...all.flatMap(({ podTemplateHash, weight }) => (weight > 0 && podTemplateHash) || [])])];
  return {
    backends: hashes.map((hash): Backend => {
      const version = versionOf(sets, hash) ?? (hash === current ? rollout.metadata.annotations?.[VERSION] : undefined);
      return {
        key: hash,
        name: `ReplicaSet ${hash}`,
        ...behind(running, { [HASH]: hash }),
        version,
        wanted: rollout.spec?.replicas ?? 1,
        weight: all.filter(({ podTemplateHash }) => podTemplateHash === hash).reduce((sum, each) => sum + each.weight, 0),
        // Argo raises the pods of what is new before its weight; those of what is stable it only does with dynamicStableScale.
        isScaled: hash === current && hash !== stable,
      };
    }),
    put: (shares) => put(site, rollout, shares),
  };
}

const versionOf = (sets: readonly ReplicaSet[], hash: string): string | undefined =>
  sets.find(({ metadata }) => metadata.labels?.[HASH] === hash)?.spec?.template?.metadata?.labels?.[VERSION_LABEL];

const POLL_MS = 1_000;
/** Its controller sees a change within a second or two. */
const OBSERVED_MS = 20_000;

/** The Rollout, once its controller has seen its newest generation: before that its status speaks of another one. */
async function observed(site: RouterSite): Promise<Rollout> {
  const { ctx, cluster, component } = site;
  const { rollout: name } = settingsOf(site);
  const until = Date.now() + OBSERVED_MS;
  for (;;) {
    const rollout = await demand<Rollout>(cluster, component.name, KIND, name);
    const { metadata, status } = rollout;
    if (status?.observedGeneration === String(metadata.generation)) return rollout;
    if (Date.now() >= until)
      throw errors.SHIP_KUBECTL_ROUTER_PROOF({
        component: component.name,
        wanted: `what Rollout ${name} says`,
        found: `its controller has seen generation ${status?.observedGeneration ?? 'none'}, and not ${metadata.generation}`,
      });
    await pause(POLL_MS, undefined, { signal: ctx.signal });
  }
}

async function put(site: RouterSite, rollout: Rollout, shares: Shares): Promise<void> {
  const { component } = site;
  const { stableRS: stable, currentPodHash: current } = rollout.status!;
  const [to] = [...shares].find(([, share]) => share === 100) ?? [];
  if (to === undefined || (to !== stable && to !== current))
    throw errors.SHIP_KUBECTL_ROUTER_WEIGHTS({
      component: component.name,
      weights: JSON.stringify(Object.fromEntries(shares)),
      problem: 'the steps of a Rollout are its own: all of the traffic goes to its stable version, or to its new one',
    });
  const isBack = to === stable && to !== current;
  if (isBack && rollout.status!.abort !== true) await abort(site, rollout);
  await awaitWeights(site, to, isBack);
}

/** As `kubectl argo rollouts abort` does: Argo gives all traffic to the stable version, and goes on with the new one no more. */
const abort = ({ cluster }: RouterSite, rollout: Rollout): Promise<void> =>
  patchGuarded(
    cluster,
    rollout,
    {
      path: '/status/currentPodHash',
      value: rollout.status!.currentPodHash,
      of: ({ status }) => (status as Rollout['status'])?.currentPodHash,
    },
    [{ path: '/status/abort', value: true }],
    'status',
  );

/** Waits until Argo says that all of the traffic is there. What it does not bring to an end is reported, with its words. */
async function awaitWeights(site: RouterSite, to: string, isBack: boolean): Promise<void> {
  const { ctx, component } = site;
  const until = Date.now() + parseDuration(settingsOf(site).timeout ?? '10m')!;
  let said = '';
  for (;;) {
    const rollout = await observed(site);
    const { abort: isAborted, phase, message } = rollout.status!;
    if (hasAll(rollout, to, isBack)) return;
    const line = `Rollout ${rollout.metadata.name}: ${phase ?? 'no phase'}${message ? `, ${message}` : ''}`;
    if (line !== said) ctx.log.info(`${component.name}: ${line}`);
    said = line;
    // On the way back it is aborted by us, and is Degraded until its old template is there again.
    const isLost = !isBack && (isAborted === true || phase === 'Degraded');
    if (isLost || Date.now() >= until)
      throw errors.SHIP_KUBECTL_ROUTER_PROOF({
        component: component.name,
        wanted: `with ReplicaSet ${to} alone`,
        found: `${line}${isBack ? '; it stays aborted' : ''}`,
      });
    await pause(POLL_MS, undefined, { signal: ctx.signal });
  }
}

/** A new version has taken over when it is the stable one. */
function hasAll({ status }: Rollout, to: string, isBack: boolean): boolean {
  const { weights } = status?.canary ?? {};
  if (weights === undefined || weights.verified === false) return false;
  const elsewhere = [weights.canary, weights.stable, ...(weights.additional ?? [])].filter((each) => each.podTemplateHash !== to);
  return elsewhere.every(({ weight }) => weight === 0) && status?.stableRS === to && (isBack || status.currentPodHash === to);
}
