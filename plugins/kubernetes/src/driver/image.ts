import { containersOf, foreignOwners, isFormer, type KubeObject, nameOf, type Workload, workloadsIn } from '@ship/kube';
import { errors } from '../errors.js';
import { VERSION } from '../objects/marks.js';
import { conflictText } from '../tool/apply.js';
import { patchArgs } from '../tool/words.js';
import type { Found } from './found.js';
import { formName, type Site } from './site.js';

/**
 * The image form changes nothing but images and the version, by a patch: an apply would say that all else is not wanted, and
 * kubectl has it take over what `kubectl apply` had set.
 */
export async function deployImage(site: Site, { objects }: Found): Promise<KubeObject> {
  const { settings, version, cluster, ctx, name } = site;
  const { form, where } = settings;
  if (form.kind !== 'image') throw new TypeError('not the image form');
  const what = formName(settings);
  const live = workloadsIn(objects).find((each) => nameOf(each) === what);
  if (live === undefined) throw errors.SHIP_KUBECTL_ABSENT({ what, where: `${where.context}/${where.namespace}` });
  const at = atOf(live, form.container);
  const container = containersOf(live)[at]!;
  if (container.image !== form.image) {
    const managers = foreignOwners(live, ['spec', 'template', 'spec', 'containers', at, 'image']);
    const others = managers.filter((each) => !isFormer(each));
    const textOf = (manager: string) => conflictText({ manager, fields: [`the image of ${container.name}`] });
    if (others.length > 0) throw errors.SHIP_KUBECTL_CONFLICT({ conflicts: others.map(textOf) });
    for (const each of managers) ctx.log.warn(`${name}: ${textOf(each)}, and ship takes it over`);
  }
  const patch = patchOf({ [container.name]: form.image }, version);
  const tried = await cluster.attempt(patchArgs(live, patch, { isTried: true }));
  if (tried.exitCode !== 0) throw errors.SHIP_KUBECTL_REFUSED({ verb: 'patch', problem: tried.stderr.trim() });
  await cluster.text(patchArgs(live, patch), { isShown: true });
  return live;
}

function atOf(live: Workload, wanted: string | undefined): number {
  const containers = containersOf(live).map(({ name }) => name);
  const at = wanted === undefined ? (containers.length === 1 ? 0 : -1) : containers.indexOf(wanted);
  if (at < 0) throw errors.SHIP_KUBECTL_CONTAINER({ what: nameOf(live), containers });
  return at;
}

/** The images and the version of before. What else is another one somebody else has changed: the proof says so. */
export async function restoreImage({ cluster }: Site, then: KubeObject, live: KubeObject): Promise<void> {
  const today = new Map(containersOf(live as Workload).map(({ name, image }) => [name, image]));
  const differing = containersOf(then as Workload).filter(({ name, image }) => today.has(name) && today.get(name) !== image);
  const patch = patchOf(
    Object.fromEntries(differing.map(({ name, image = '' }) => [name, image])),
    then.metadata.annotations?.[VERSION] ?? null,
  );
  await cluster.text(patchArgs(then, patch), { isShown: true });
}

const patchOf = (images: Readonly<Record<string, string>>, version: string | null): object => ({
  metadata: { annotations: { [VERSION]: version } },
  spec: { template: { spec: { containers: Object.entries(images).map(([name, image]) => ({ name, image })) } } },
});
