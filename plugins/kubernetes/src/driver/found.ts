import { autoscaled, type Cluster, type KubeObject, nameOf, type Workload } from '@ship/kube';
import { cleaned } from '../objects/clean.js';
import { identityOf, KINDS, kindOf, ownerOf, withoutVersion } from '../objects/marks.js';
import { isScaledByOther } from '../objects/owners.js';
import { render } from '../objects/render.js';
import { labelledArgs, namedArgs, reference } from '../tool/words.js';
import type { Site } from './site.js';

/** What of a component is in the cluster, as the API answers it. */
export interface Found {
  readonly objects: readonly KubeObject[];
  /** What the manifests say; in the image form nothing. */
  readonly rendered: readonly KubeObject[];
  /** By name, such as `Deployment web`: somebody else sets the replicas. */
  readonly scaled: ReadonlySet<string>;
}

/** Answers of kubectl: a list, one object, or nothing. */
async function objectsBy(cluster: Cluster, words: readonly string[]): Promise<KubeObject[]> {
  const text = await cluster.text([...words, '--output=json']);
  if (text.trim() === '') return [];
  const found = JSON.parse(text) as KubeObject & { readonly items?: KubeObject[] };
  return found.items ?? [found];
}

/** Objects by what they are, whoever has made them. */
export const named = async (cluster: Cluster, objects: readonly KubeObject[]): Promise<KubeObject[]> =>
  objects.length === 0 ? [] : objectsBy(cluster, namedArgs(objects.map(reference)));

/** All that the component has, and all that its manifests are about to change. */
export async function find(site: Site): Promise<Found> {
  const { cluster, settings } = site;
  const { form } = settings;
  const [rendered, objects] =
    form.kind === 'image' ? [[], await ofWorkload(site, `${form.workload}.v1.apps/${form.name}`)] : await ofManifests(site, form.path);
  const scalers = objects.some(({ spec }) => (spec as Workload['spec'] | undefined)?.replicas !== undefined)
    ? await autoscaled(cluster)
    : new Set<string>();
  const scaled = new Set(objects.filter((each) => scalers.has(nameOf(each)) || isScaledByOther(each)).map(nameOf));
  return { objects, rendered, scaled };
}

async function ofManifests(site: Site, path: string): Promise<[KubeObject[], KubeObject[]]> {
  const { cluster } = site;
  const rendered = await render(site, path);
  const owned = await labelled(site, rendered);
  const versions = new Map(owned.map((each) => [identityOf(each), each]));
  const others = await named(
    cluster,
    rendered.filter((each) => !versions.has(identityOf(each))),
  );
  return [rendered, [...owned, ...others]];
}

/** What has the label of the component, of the kinds that are known and of those that it says itself. */
export async function labelled({ cluster, label }: Pick<Site, 'cluster' | 'label'>, known: readonly KubeObject[]): Promise<KubeObject[]> {
  const found = new Map<string, KubeObject>();
  const asked = new Set<string>();
  let kinds = [...new Set(known.map(kindOf))];
  while (kinds.length > 0) {
    for (const kind of kinds) asked.add(withoutVersion(kind));
    for (const each of await objectsBy(cluster, labelledArgs(kinds, label))) if (!isMadeByOther(each)) found.set(identityOf(each), each);
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
  const [found] = await objectsBy(cluster, namedArgs([workload]));
  if (found === undefined) return [];
  const references = configOf((found as Workload).spec.template);
  return [found, ...(references.length === 0 ? [] : await objectsBy(cluster, namedArgs(references)))];
}

/** What configuration a template names: in variables, in volumes, for pulling images. */
export function configOf(template: unknown): string[] {
  const found = new Set<string>();
  const look = (value: unknown, under: string): void => {
    if (Array.isArray(value)) for (const each of value) look(each, under);
    else if (typeof value === 'object' && value !== null) {
      const { name, secretName } = value as { name?: unknown; secretName?: unknown };
      if (/^configMap(KeyRef|Ref)?$/.test(under) && typeof name === 'string') found.add(`ConfigMap.v1./${name}`);
      if (/^(secret(KeyRef|Ref)?|imagePullSecrets)$/.test(under) && typeof (secretName ?? name) === 'string')
        found.add(`Secret.v1./${secretName ?? name}`);
      for (const [key, each] of Object.entries(value)) look(each, key);
    }
  };
  look(template, '');
  return [...found].sort();
}

/** Volumes hold what nobody can make again. */
export const CLAIM = 'PersistentVolumeClaim';

/** What it has done nothing takes back, and it would be done again. */
export const isJob = ({ kind }: KubeObject): boolean => kind === 'Job';

/** What is compared and kept: cleaned, in an order of its own. */
export const capturedOf = ({ objects, scaled }: Pick<Found, 'objects' | 'scaled'>): KubeObject[] =>
  objects
    .filter((each) => !isJob(each))
    .map((each) => cleaned(each, scaled.has(nameOf(each))))
    .sort((one, other) => (identityOf(one) < identityOf(other) ? -1 : 1));

/** Is an object the component's own, to be deleted with it? */
export const isOwn = (object: KubeObject, label: string): boolean => ownerOf(object) === label;
