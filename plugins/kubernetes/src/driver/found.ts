import { configOf, identityOf, type KubeObject, kindOf, scaledIn, type Workload, withoutVersion } from '@ship/kube';
import { KINDS, ownerOf } from '../objects/marks.js';
import { render } from '../objects/render.js';
import { labelledArgs } from '../tool/words.js';
import type { Site } from './site.js';

/** What of a component is in the cluster, as the API answers it. */
export interface Found {
  readonly objects: readonly KubeObject[];
  /** What the manifests say; in the image form nothing. */
  readonly rendered: readonly KubeObject[];
  /** By name, such as `Deployment web`: somebody else sets the replicas. */
  readonly scaled: ReadonlySet<string>;
}

/** All that the component has, and all that its manifests are about to change. */
export async function find(site: Site): Promise<Found> {
  const { cluster, settings } = site;
  const { form } = settings;
  const [rendered, objects] =
    form.kind === 'image' ? [[], await ofWorkload(site, `${form.workload}.v1.apps/${form.name}`)] : await ofManifests(site, form.path);
  return { objects, rendered, scaled: await scaledIn(cluster, objects) };
}

async function ofManifests(site: Site, path: string): Promise<[KubeObject[], KubeObject[]]> {
  const { cluster } = site;
  const rendered = await render(site, path);
  const owned = await labelled(site, rendered);
  const versions = new Map(owned.map((each) => [identityOf(each), each]));
  const others = await cluster.named(rendered.filter((each) => !versions.has(identityOf(each))));
  return [rendered, [...owned, ...others]];
}

/** What has the label of the component, of the kinds that are known and of those that it says itself. */
export async function labelled({ cluster, label }: Pick<Site, 'cluster' | 'label'>, known: readonly KubeObject[]): Promise<KubeObject[]> {
  const found = new Map<string, KubeObject>();
  const asked = new Set<string>();
  let kinds = [...new Set(known.map(kindOf))];
  while (kinds.length > 0) {
    for (const kind of kinds) asked.add(withoutVersion(kind));
    for (const each of await cluster.objects(labelledArgs(kinds, label))) if (!isMadeByOther(each)) found.set(identityOf(each), each);
    const said = [...found.values()].flatMap(({ metadata }) => metadata.annotations?.[KINDS]?.split(',') ?? []);
    kinds = [...new Map(said.map((kind) => [withoutVersion(kind), kind])).values()].filter((kind) => !asked.has(withoutVersion(kind)));
  }
  return [...found.values()];
}

/** Controllers hand labels on to what they make. */
const isMadeByOther = ({ kind, metadata }: KubeObject): boolean =>
  /^Endpoint/.test(kind) || metadata.ownerReferences?.some(({ controller }) => controller === true) === true;

/** A workload, and the ConfigMaps and Secrets that its pods are made with. */
async function ofWorkload({ cluster }: Site, workload: string): Promise<KubeObject[]> {
  const [found] = await cluster.referred([workload]);
  return found === undefined ? [] : [found, ...(await cluster.referred(configOf((found as Workload).spec.template)))];
}

/** Volumes hold what nobody can make again. */
export const CLAIM = 'PersistentVolumeClaim';

/** Is an object the component's own, to be deleted with it? */
export const isOwn = (object: KubeObject, label: string): boolean => ownerOf(object) === label;
