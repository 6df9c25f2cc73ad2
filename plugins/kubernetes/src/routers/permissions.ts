import type { ComponentConfig } from '@ship/core';
import type { Wanted } from '@ship/kube';

/** What says which versions run, and whether they are ready. */
const RUNNING: readonly Wanted[] = [
  ...['Deployment', 'StatefulSet', 'DaemonSet'].map((kind) => ({ apiVersion: 'apps/v1', kind, verbs: ['list'] })),
  { apiVersion: 'v1', kind: 'Pod', verbs: ['list'] },
];

/** What each router reads and changes. The status of a Rollout, which an abort writes, cannot be asked about by its kind. */
const BY_ROUTER: Readonly<Record<string, readonly Wanted[]>> = {
  service: [
    ...RUNNING,
    { apiVersion: 'v1', kind: 'Service', verbs: ['get', 'patch'] },
    { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', verbs: ['list'] },
  ],
  httproute: [
    ...RUNNING,
    { apiVersion: 'v1', kind: 'Service', verbs: ['get'] },
    { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', verbs: ['get', 'patch'] },
  ],
  rollout: [
    ...RUNNING,
    { apiVersion: 'apps/v1', kind: 'ReplicaSet', verbs: ['list'] },
    { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', verbs: ['get'] },
  ],
};

/** What the router before a component must be allowed to do; nothing where it is one of another plugin, or there is none. */
export const routerPermissions = ({ router }: Pick<ComponentConfig, 'router'>): readonly Wanted[] => BY_ROUTER[router?.name ?? ''] ?? [];
