import { configOf, type Intent, type KubeObject, type Wanted, type Workload, workloadsIn } from '@ship/kube';
import { render } from '../objects/render.js';
import { routerPermissions } from '../routers/permissions.js';
import { CLAIM, labelled } from './found.js';
import type { Site } from './site.js';

/** A component, as its cluster can be asked about it before anything is changed. */
export function intentOf(site: Site): Intent {
  const { name, component, cluster, settings } = site;
  const { form } = settings;
  const rendered = async () => (form.kind === 'image' ? [] : render(site, form.path));
  return {
    name,
    cluster,
    rendered,
    live: async () =>
      form.kind === 'image'
        ? cluster.named([{ apiVersion: 'apps/v1', kind: form.workload, metadata: { name: form.name } }])
        : labelled(site, await rendered()),
    wanted: (all, live) => [...permissionsOf(site, [...all, ...live]), ...routerPermissions(component)],
  };
}

/** What the driver does with these objects, and with what belongs to them, forward and back. */
function permissionsOf({ settings: { form } }: Pick<Site, 'settings'>, objects: readonly KubeObject[]): Wanted[] {
  const workload = form.kind === 'image' ? { apiVersion: 'apps/v1', kind: form.workload } : undefined;
  const all = [...new Map(objects.map((each) => [`${each.apiVersion} ${each.kind}`, each])).values()];
  const own = workload === undefined ? all.map((each) => ({ ...each, verbs: verbsFor(each) })) : [{ ...workload, verbs: ['get', 'patch'] }];
  const workloads = workload === undefined ? workloadsIn(objects) : [workload];
  const config = workloadsIn(objects).flatMap((each) => configOf((each as Workload).spec.template).map((name) => name.split('.')[0]!));
  const core = (kind: string, verbs: readonly string[]): Wanted => ({ apiVersion: 'v1', kind, verbs });
  return [
    ...own.map(({ apiVersion, kind, verbs }) => ({ apiVersion, kind, verbs })),
    ...(workloads.length === 0 ? [] : [core('Pod', ['list']), { apiVersion: 'apps/v1', kind: 'ReplicaSet', verbs: ['list'] }]),
    // Of pods that a Deployment does not get it says why itself; of others events do.
    ...(workloads.some(({ kind }) => kind !== 'Deployment') ? [core('Event', ['list'])] : []),
    ...(workloads.some(({ kind }) => kind !== 'DaemonSet')
      ? [{ apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', verbs: ['list'] }]
      : []),
    ...(workload === undefined ? [] : [...new Set(config)].map((kind) => core(kind, ['get']))),
    // Pods that were started with the newer configuration are started again.
    ...(workload === undefined && all.some(({ kind }) => config.includes(kind)) ? [core('Pod', ['get', 'delete'])] : []),
  ];
}

/** `patch` and `create` apply, `update` replaces what an apply cannot make what it was. Jobs are not made again, and claims stay. */
function verbsFor(object: KubeObject): string[] {
  const verbs = ['get', 'list', 'create', 'patch'];
  if (object.kind === 'Job') return [...verbs, 'delete'];
  return object.kind === CLAIM ? [...verbs, 'update'] : [...verbs, 'update', 'delete'];
}
