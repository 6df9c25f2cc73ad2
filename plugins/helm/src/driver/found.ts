import { type Captured, type KubeObject, nameOf, scaledIn, type Workload } from '@ship/kube';
import { objectsIn } from '../release/manifest.js';
import { type Release, type Revision, readRelease } from '../release/storage.js';
import { HELM, type Site } from './site.js';

/** What of a revision is in the cluster, as the API answers it. */
export interface Found {
  readonly release: Release;
  readonly objects: readonly KubeObject[];
  /** By name, such as `Deployment web`: somebody else sets the replicas. */
  readonly scaled: ReadonlySet<string>;
}

/** What is kept of a revision, beside the state: it may hold secrets. */
export interface Kept {
  readonly release: Release;
  readonly captured: Captured;
}

/** The objects of a revision, as they are. */
export async function findRevision({ cluster }: Pick<Site, 'cluster'>, revision: Pick<Revision, 'secret'>): Promise<Found> {
  const release = await readRelease(cluster, revision);
  const objects = await cluster.named(objectsIn(release.manifest));
  return { release, objects, scaled: await scaledIn(cluster, objects, HELM) };
}

/** Does a release say that an object is its own? */
export const isOwn = ({ metadata }: KubeObject, { settings }: Pick<Site, 'settings'>): boolean =>
  metadata.annotations?.['meta.helm.sh/release-name'] === settings.release &&
  metadata.annotations?.['meta.helm.sh/release-namespace'] === settings.where.namespace;

/** Volumes hold what nobody can make again. */
export const CLAIM = 'PersistentVolumeClaim';

/** Never deleted by ship, nor by Helm where the chart says so. */
export const isKept = ({ kind, metadata }: KubeObject): boolean => kind === CLAIM || isKeptByChart({ metadata });

/** The annotation by which Helm leaves an object where it would delete it. */
export const KEPT = 'helm.sh/resource-policy';

/** As Helm itself asks it. */
const isKeptByChart = ({ metadata }: Pick<KubeObject, 'metadata'>): boolean =>
  metadata.annotations?.[KEPT]?.toLowerCase().trim() === 'keep';

/** Fields of a Service that the cluster gives, and gives anew where it is made again. */
const GIVEN = ['clusterIP', 'clusterIPs', 'healthCheckNodePort'] as const;

type Port = { readonly port: number; readonly protocol?: string; readonly nodePort?: number };
type ServiceSpec = { readonly [Field in (typeof GIVEN)[number]]?: unknown } & { readonly ports?: readonly Port[] };

/**
 * A Service with the addresses that another answer of the API has in its place; without any where there is none. A Service
 * that Helm makes again gets others: these are no part of what was asked for, unless its chart names them.
 */
export function withGiven(object: KubeObject, from: KubeObject | undefined, { manifest }: Release): KubeObject {
  if (object.kind !== 'Service') return object;
  const spec = object.spec as ServiceSpec;
  if (spec.clusterIP === 'None') return object;
  const asked = objectsIn(manifest).find((each) => nameOf(each) === nameOf(object))?.spec as ServiceSpec | undefined;
  const given = from?.spec as ServiceSpec | undefined;
  const { clusterIP: _ip, clusterIPs: _ips, healthCheckNodePort: _port, ...own } = spec;
  const fields = GIVEN.flatMap((field) => {
    const value = asked?.[field] === undefined ? given?.[field] : spec[field];
    return value === undefined ? [] : [[field, value] as const];
  });
  const same = (ports: readonly Port[] | undefined, { port, protocol = 'TCP' }: Port) =>
    ports?.find((each) => each.port === port && (each.protocol ?? 'TCP') === protocol);
  const ports = spec.ports?.map((port) => {
    const { nodePort: _, ...rest } = port;
    const nodePort = same(asked?.ports, port)?.nodePort === undefined ? same(given?.ports, port)?.nodePort : port.nodePort;
    return nodePort === undefined ? rest : { ...rest, nodePort };
  });
  return { ...object, spec: { ...own, ...Object.fromEntries(fields), ...(ports === undefined ? {} : { ports }) } };
}

/** The replicas of workloads, by name. */
export const replicasOf = (objects: readonly KubeObject[]): Map<string, number> =>
  new Map(
    objects.flatMap((each) => {
      const replicas = (each as Workload).spec?.replicas;
      return replicas === undefined ? [] : [[nameOf(each), replicas]];
    }),
  );
