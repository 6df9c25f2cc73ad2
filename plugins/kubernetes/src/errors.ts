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
});
