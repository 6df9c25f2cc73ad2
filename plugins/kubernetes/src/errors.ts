import { defineErrors } from '@ship/core';

/** The codes of the plugin. */
export const errors = defineErrors({
  SHIP_KUBECTL_ABSENT: {
    exit: 3,
    message: (d: { what: string; where: string }) => `${d.what} is not there in ${d.where}`,
    hint: 'The image form changes a workload that is there. Make it first, or give `manifests`.',
  },
  SHIP_KUBECTL_CONTAINER: {
    exit: 2,
    message: (d: { what: string; containers: readonly string[] }) =>
      `${d.what} has the containers ${d.containers.join(', ')}: which of them gets the image?`,
    hint: 'Name it: `container: NAME`.',
  },
  SHIP_KUBECTL_MANIFESTS: {
    exit: 2,
    message: (d: { path: string; problem: string }) => `the manifests in ${d.path} cannot be used: ${d.problem}`,
    hint: 'A component has objects of one namespace, each with a name of its own. What belongs to the whole cluster is not deployed with it.',
  },
  SHIP_KUBECTL_CLAIMED: {
    exit: 3,
    message: (d: { object: string; owner: string }) => `${d.object} belongs to another component: ${d.owner}`,
    hint: 'An object has one component. The label `ship.component/name` says which; take it away where that component is no more.',
  },
  SHIP_KUBECTL_CONFLICT: {
    exit: 3,
    message: (d: { conflicts: readonly string[] }) => `somebody else manages what the manifests set: ${d.conflicts.join('; ')}`,
    hint: 'Take the fields out of the manifests, or have the other manager give them up. ship does not take them by force.',
  },
  SHIP_KUBECTL_REFUSED: {
    exit: 3,
    message: (d: { verb: string; problem: string }) => `kubectl ${d.verb} would be refused, so nothing was changed: ${d.problem}`,
    hint: 'These are the words of the cluster. Where it says `forbidden`, they name the permission that is missing.',
  },
  SHIP_KUBECTL_GONE: {
    exit: 4,
    message: (d: { component: string; missing: string }) => `${d.component} cannot be what it was: ${d.missing}`,
    hint: 'A volume can be made again, but not what was written into it. Restore it from a backup first.',
  },
  SHIP_KUBECTL_UNPROVEN: {
    exit: 4,
    message: (d: { component: string; left: readonly string[] }) =>
      `${d.component} was rolled back, and what is live is not what it was: ${d.left.join('; ')}`,
    hint: '`kubectl get --show-managed-fields` shows who manages the fields. Put them right, then repeat the rollback.',
  },
  SHIP_KUBECTL_ROUTER_ABSENT: {
    exit: 6,
    message: (d: { component: string; what: string; where: string }) =>
      `the router of ${d.component} needs ${d.what}, which is not there in ${d.where}`,
    hint: 'A router changes what is there. Make it first, beside the manifests of the component.',
  },
  SHIP_KUBECTL_ROUTER_FORM: {
    exit: 6,
    message: (d: { component: string; object: string; problem: string }) =>
      `${d.object} cannot be the router of ${d.component}: ${d.problem}`,
    hint: 'Nothing was changed. docs/kubernetes.md shows what a router needs.',
  },
  SHIP_KUBECTL_ROUTER_WEIGHTS: {
    exit: 6,
    message: (d: { component: string; weights: string; problem: string }) => `weights of ${d.component}: ${d.weights}: ${d.problem}`,
    hint: 'Whole percents that make 100, and that the router can tell. Nothing was changed.',
  },
  SHIP_KUBECTL_ROUTER_VERSION: {
    exit: 6,
    message: (d: { component: string; version: string; running: readonly string[] }) =>
      `${d.component} ${d.version} runs nowhere behind its router, so it cannot be given traffic${d.running.length === 0 ? '' : `; what runs is ${d.running.join(', ')}`}`,
    hint: 'The label `app.kubernetes.io/version` of its pods says which version they are.',
  },
  SHIP_KUBECTL_ROUTER_CARRY: {
    exit: 6,
    message: (d: { component: string; version: string; share: number; ready: number; needed: number; total: number }) =>
      `${d.component} ${d.version} cannot carry ${d.share} % of the traffic: it has ${d.ready} ready of the ${d.needed} pods that this takes, of ${d.total}`,
    hint: 'Nothing was changed. Scale that version up first.',
  },
  SHIP_KUBECTL_ROUTER_CHANGED: {
    exit: 6,
    message: (d: { object: string }) => `somebody else has changed ${d.object} at the same moment, so it was left as it is`,
    hint: 'Look at what was changed, then repeat it.',
  },
  SHIP_KUBECTL_CANARY: {
    exit: 1,
    message: (d: { component: string; version: string; share: number }) =>
      `${d.component} ${d.version} has too few ready pods for its ${d.share} % of the traffic: the weights go back to what they were`,
    hint: 'What its pods and events said stands in the evidence of the report.',
  },
  SHIP_KUBECTL_ROUTER_PROOF: {
    exit: 6,
    message: (d: { component: string; wanted: string; found: string }) =>
      `the traffic of ${d.component} should be ${d.wanted}, and that is not in force: ${d.found}`,
    hint: 'The weights are as they were before, unless the line above says otherwise.',
  },
});
