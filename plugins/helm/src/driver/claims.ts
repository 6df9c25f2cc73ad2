import { identityOf, type KubeObject, MANAGER, nameOf } from '@ship/kube';
import { objectsIn } from '../release/manifest.js';
import { liveOf, revisionsOf } from '../release/storage.js';
import { CLAIM, findRevision, KEPT } from './found.js';
import { rendered } from './permissions.js';
import type { Site } from './site.js';

/** Has Helm leave claims of volumes where it would delete them, with what was written into them. */
export async function keepClaims({ cluster }: Pick<Site, 'cluster'>, objects: readonly KubeObject[]): Promise<void> {
  for (const each of objects.filter(({ kind }) => kind === CLAIM))
    await cluster.at(each).text(['annotate', `pvc/${each.metadata.name}`, `${KEPT}=keep`, '--overwrite', `--field-manager=${MANAGER}`]);
}

/** Claims that the newer chart has no more stay: no way back could bring what was written into them. */
export async function keepDroppedClaims(site: Site): Promise<void> {
  const { cluster, settings, ctx, name } = site;
  const live = liveOf(await revisionsOf(cluster, settings.release));
  const claims = live === undefined ? [] : (await findRevision(site, live)).objects.filter(({ kind }) => kind === CLAIM);
  if (claims.length === 0) return;
  const isWanted = new Set(objectsIn(await rendered(site)).map(identityOf));
  const dropped = claims.filter((each) => !isWanted.has(identityOf(each)));
  await keepClaims(site, dropped);
  for (const each of dropped) ctx.log.warn(`${name}: ${nameOf(each)} is in the chart no more, and stays, with what was written into it`);
}
