import type { Weights } from '@ship/core';
import { errors } from '../errors.js';

/** What a router can send traffic to, and what stands behind it. */
export interface Backend {
  /** What the router knows it by: a value of the label of a selector, the name of a Service, the hash of a ReplicaSet. */
  readonly key: string;
  /** For people, such as `Service web-blue`. */
  readonly name: string;
  /** Undefined where nothing runs there. */
  readonly version: string | undefined;
  /** Pods that would answer. */
  readonly ready: number;
  /** Pods that there should be. */
  readonly wanted: number;
  /** Its part of the traffic now, in whatever measure the router has. */
  readonly weight: number;
  /** Whoever raises its weight gives it the pods before. */
  readonly isScaled?: boolean;
}

/** The share of each backend, in percent, by its key. */
export type Shares = ReadonlyMap<string, number>;

/** Traffic that goes where nothing runs bears the name of the backend: nobody may take it for nothing. */
const versionOf = ({ version, name }: Backend): string => version ?? name;

/** The shares in force, by version. Whatever has traffic has one percent at least: 100 is said only of what has all of it. */
export function weightsOf(backends: readonly Backend[]): Weights {
  const shares = sharesNow(backends);
  const weights: Record<string, number> = {};
  for (const each of backends) {
    const share = shares.get(each.key)!;
    if (share > 0 || each.version !== undefined) weights[versionOf(each)] = (weights[versionOf(each)] ?? 0) + share;
  }
  return weights;
}

function sharesNow(backends: readonly Backend[]): Shares {
  const sum = backends.reduce((total, { weight }) => total + weight, 0);
  const shares = new Map(
    backends.map(({ key, weight }) => [key, weight === 0 ? 0 : Math.max(1, Math.floor((weight * 100) / sum))] as const),
  );
  const [heaviest] = [...backends].sort((one, other) => other.weight - one.weight);
  const rest = 100 - [...shares.values()].reduce((total, share) => total + share, 0);
  if (sum > 0) shares.set(heaviest!.key, shares.get(heaviest!.key)! + rest);
  return shares;
}

/** Which backend gets which share. Throws SHIP_KUBECTL_ROUTER_WEIGHTS, and SHIP_KUBECTL_ROUTER_VERSION where a version runs nowhere. */
export function sharesFor(component: string, backends: readonly Backend[], weights: Weights): Shares {
  checkWeights(component, weights);
  const shares = new Map(backends.map(({ key }) => [key, 0]));
  for (const [version, share] of Object.entries(weights)) {
    const backend = pick(backends, version);
    if (backend !== undefined) shares.set(backend.key, shares.get(backend.key)! + share);
    else if (share > 0) throw errors.SHIP_KUBECTL_ROUTER_VERSION({ component, version, running: versionsIn(backends) });
  }
  return shares;
}

const versionsIn = (backends: readonly Backend[]): string[] => [...new Set(backends.flatMap(({ version }) => version ?? []))];

/** Of two that run one version, the one that has the traffic is meant, then the one with more pods. */
function pick(backends: readonly Backend[], version: string): Backend | undefined {
  const [found] = backends
    .filter((each) => versionOf(each) === version)
    .sort((one, other) => other.weight - one.weight || other.ready - one.ready);
  return found;
}

function checkWeights(component: string, weights: Weights): void {
  const shares = Object.values(weights);
  const wrong = (problem: string) => errors.SHIP_KUBECTL_ROUTER_WEIGHTS({ component, weights: JSON.stringify(weights), problem });
  if (!shares.every((share) => Number.isInteger(share) && share >= 0)) throw wrong('each is a whole number of percents');
  const sum = shares.reduce((total, share) => total + share, 0);
  if (sum !== 100) throw wrong(`they make ${sum}, not 100`);
}

/** How many ready pods a share takes, by what there should be of the versions that have the traffic now. One at least. */
function neededFor(share: number, backends: readonly Backend[]): { needed: number; total: number } {
  const total = Math.max(0, ...backends.filter(({ weight }) => weight > 0).map(({ wanted }) => wanted));
  return { needed: Math.max(1, Math.ceil((share * total) / 100)), total };
}

/**
 * No version gets more than its ready pods can carry, beside those that carry the traffic now: what was scaled down for a
 * small share would fall over under a large one. Throws SHIP_KUBECTL_ROUTER_CARRY. What a version has already it may keep.
 */
export function demandCarried(component: string, backends: readonly Backend[], shares: Shares): void {
  const now = sharesNow(backends);
  for (const backend of backends) {
    const share = shares.get(backend.key)!;
    const { needed, total } = neededFor(share, backends);
    if (share > now.get(backend.key)! && backend.ready < needed && backend.isScaled !== true)
      throw errors.SHIP_KUBECTL_ROUTER_CARRY({ component, version: versionOf(backend), share, ready: backend.ready, needed, total });
  }
}

/**
 * Weights that were in force before go back to the replicas that carried them then, be they fewer than those of now; but
 * nothing goes where no pod is ready. Throws SHIP_KUBECTL_ROUTER_CARRY.
 */
export function demandReady(component: string, backends: readonly Backend[], shares: Shares): void {
  for (const backend of backends) {
    const { ready, weight } = backend;
    const share = shares.get(backend.key)!;
    if (share > 0 && ready === 0 && weight === 0)
      throw errors.SHIP_KUBECTL_ROUTER_CARRY({ component, version: versionOf(backend), share, ready, needed: 1, total: 1 });
  }
}

/** Are there enough ready pods for the share that it has, and one at least? */
export function isHealthy(backends: readonly Backend[], version: string): boolean {
  const backend = pick(backends, version);
  return backend?.version !== undefined && backend.ready >= neededFor(sharesNow(backends).get(backend.key)!, backends).needed;
}
