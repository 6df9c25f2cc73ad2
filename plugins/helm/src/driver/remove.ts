import type { Restored } from '@ship/core';
import { identityOf, type KubeObject, nameOf, volumesOf, workloadsIn } from '@ship/kube';
import { errors } from '../errors.js';
import { objectsIn, objectsOfHooks } from '../release/manifest.js';
import { type Revision, readRelease } from '../release/storage.js';
import { uninstallArgv } from '../tool/argv.js';
import { runHelm } from '../tool/helm.js';
import { CLAIM, isKept, isOwn } from './found.js';
import type { Site } from './site.js';

/** What of some revisions is there, as far as it is the release's own; and what their hooks may have made, which Helm forgets. */
export async function madeBy(site: Site, revisions: readonly Revision[]): Promise<{ objects: KubeObject[]; ofHooks: KubeObject[] }> {
  const { cluster } = site;
  const releases = await Promise.all(revisions.map((each) => readRelease(cluster, each)));
  const unique = (objects: readonly KubeObject[]) => [...new Map(objects.map((each) => [identityOf(each), each])).values()];
  const objects = await cluster.named(unique(releases.flatMap(({ manifest }) => objectsIn(manifest))));
  return { objects: objects.filter((each) => isOwn(each, site)), ofHooks: unique(releases.flatMap(({ hooks }) => objectsOfHooks(hooks))) };
}

/**
 * Takes a release away that was not there before. Claims of volumes stay, with what was written into them: `helm uninstall`
 * would delete those of the chart, so where there are any the rest is deleted one by one.
 */
export async function uninstall(site: Site, revisions: readonly Revision[]): Promise<Restored> {
  const { ctx, cluster, settings } = site;
  const { release, where, timeoutMs } = settings;
  if (revisions.length === 0) return { changed: false };
  const { objects, ofHooks } = await madeBy(site, revisions);
  const [stay, gone] = [objects.filter(isKept), objects.filter((each) => !isKept(each))];
  if (!objects.some(({ kind }) => kind === CLAIM)) await runHelm(ctx, uninstallArgv(where, release, timeoutMs), release, timeoutMs);
  // Of what an earlier revision made and the last has no more, Helm knows nothing.
  await cluster.remove(await cluster.named(gone), timeoutMs);
  await cluster.text(['delete', 'secrets', `--selector=owner=helm,name=${release}`], { isShown: true });
  const left = await cluster.named(gone);
  if (left.length > 0) throw errors.SHIP_HELM_UNPROVEN({ release, left: left.map((each) => `${nameOf(each)} is there, and was not`) });
  const volumes = workloadsIn(gone).flatMap(volumesOf);
  const notes = [
    ...staysText(stay, 'with what was written into it'),
    ...(volumes.length === 0 ? [] : [`${volumes.join(', ')} stays, with what was written into it`]),
    ...staysText(await cluster.named(ofHooks), 'as hooks have made it'),
  ];
  return { changed: true, summary: [`${release} uninstalled`, ...notes].join('; ') };
}

/** What stays, in words; nothing where nothing does. */
export const staysText = (objects: readonly KubeObject[], why: string): string[] =>
  objects.length === 0 ? [] : [`${objects.map(nameOf).join(', ')} stays, ${why}`];
