import type { ComponentState } from '@ship/core';
import { demandIntent, nameOf, reference } from '@ship/kube';
import { labelsOf, liveOf, revisionsOf } from '../release/storage.js';
import { upgradeArgv } from '../tool/argv.js';
import { demandHelm } from '../tool/helm.js';
import { withValues } from '../tool/values.js';
import { makeRevision } from './change.js';
import { keepDroppedClaims } from './claims.js';
import { findRevision, replicasOf } from './found.js';
import { descriptionOf, stateOf } from './live.js';
import { settlePending } from './pending.js';
import { intentOf } from './permissions.js';
import { rollOut } from './roll-out.js';
import type { ReleaseState, Site } from './site.js';

/** Brings the version of the config live, and resolves when all of it is ready. */
export async function deploy(site: Site, before: ComponentState<ReleaseState> | undefined): Promise<ComponentState<ReleaseState>> {
  const { ctx, cluster, settings, version } = site;
  await demandHelm(ctx);
  await demandIntent(intentOf(site), ctx.log);
  await settlePending(site);
  await keepDroppedClaims(site);
  await keepingReplicas(site, () =>
    withValues(settings.set, (files) =>
      makeRevision(
        site,
        upgradeArgv({
          ...settings,
          values: [...settings.values, ...files],
          description: descriptionOf(version),
          labels: labelsOf(ctx, version, 'deploy'),
        }),
      ),
    ),
  );
  const made = await revisionsOf(cluster, settings.release);
  const last = made.at(-1)!;
  await rollOut(site, (await findRevision(site, last)).objects, before?.driver.restarts ?? {});
  return stateOf(site, made, last);
}

/** Replicas that an autoscaler sets stay what they are, whatever the chart says: Helm would set them back. */
export async function keepingReplicas(site: Site, change: () => Promise<void>): Promise<void> {
  const { cluster, settings } = site;
  const live = liveOf(await revisionsOf(cluster, settings.release));
  const found = live === undefined ? undefined : await findRevision(site, live);
  await change();
  if (found === undefined || found.scaled.size === 0) return;
  const then = replicasOf(found.objects);
  const now = await cluster.named(found.objects.filter((each) => found.scaled.has(nameOf(each))));
  for (const each of now) {
    const replicas = then.get(nameOf(each));
    if (replicas === undefined || replicas === replicasOf([each]).get(nameOf(each))) continue;
    await cluster.at(each).text(['scale', reference(each), `--replicas=${replicas}`], { isShown: true });
  }
}
