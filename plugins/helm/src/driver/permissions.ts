import { type Intent, type KubeObject, objectsIn, type Wanted, workloadsIn } from '@ship/kube';
import { liveOf, readRelease, revisionsOf } from '../release/storage.js';
import { templateArgv } from '../tool/argv.js';
import { printedBy } from '../tool/helm.js';
import { withValues } from '../tool/values.js';
import type { Site } from './site.js';

/** A release, as its cluster can be asked about it before anything is changed. */
export function intentOf(site: Site): Intent {
  const { name, cluster, settings } = site;
  return {
    name,
    cluster,
    makesNamespace: settings.createNamespace,
    rendered: async () => objectsIn(cluster, await rendered(site)),
    live: async () => {
      const live = liveOf(await revisionsOf(cluster, settings.release));
      return live === undefined ? [] : objectsIn(cluster, (await readRelease(cluster, live)).manifest);
    },
    wanted: (all, live) => permissionsOf([...all, ...live], { makesNamespace: settings.createNamespace && live.length === 0 }),
  };
}

/**
 * What the chart would make, with its hooks: as the server would have it, and where that may not be asked, as far as Helm knows
 * without it. Throws SHIP_HELM_COMMAND with the words of Helm.
 */
export const rendered = ({ ctx, settings }: Site): Promise<string> =>
  withValues(settings.set, async (files) => {
    const from = { ...settings, values: [...settings.values, ...files] };
    const by = (dryRun: 'server' | 'client') => printedBy(ctx, templateArgv({ ...from, dryRun }), settings.release);
    return by('server').catch((error: unknown) => by('client').catch(() => Promise.reject(error)));
  });

/** What Helm does with these objects, and with the Secrets in which it keeps revisions; and what ship asks to see how they stand. */
function permissionsOf(objects: readonly KubeObject[], { makesNamespace }: { readonly makesNamespace: boolean }): Wanted[] {
  const core = (kind: string, ...verbs: string[]): Wanted => ({ apiVersion: 'v1', kind, verbs });
  const workloads = workloadsIn(objects);
  return [
    core('Secret', 'get', 'list', 'create', 'update', 'patch', 'delete'),
    ...objects.map(({ apiVersion, kind }): Wanted => ({ apiVersion, kind, verbs: ['get', 'create', 'patch', 'update', 'delete'] })),
    // Helm waits until hooks are through.
    ...objects
      .filter(({ kind, metadata }) => /^(Job|Pod)$/.test(kind) && metadata.annotations?.['helm.sh/hook'] !== undefined)
      .map(({ apiVersion, kind }): Wanted => ({ apiVersion, kind, verbs: ['list', 'watch'] })),
    ...(workloads.length === 0 ? [] : [core('Pod', 'list'), { apiVersion: 'apps/v1', kind: 'ReplicaSet', verbs: ['list'] }]),
    ...(workloads.some(({ kind }) => kind !== 'DaemonSet')
      ? [{ apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', verbs: ['list'] }]
      : []),
    // Pods that were started with the newer configuration are started again.
    ...(objects.some(({ kind }) => /^(ConfigMap|Secret)$/.test(kind)) && workloads.length > 0 ? [core('Pod', 'get', 'delete')] : []),
    ...(workloads.some(({ kind }) => kind !== 'Deployment') ? [core('Event', 'list')] : []),
    ...(makesNamespace ? [core('Namespace', 'create')] : []),
  ];
}
