import type { ComponentState } from '@ship/core';
import { demandIntent } from '@ship/kube';
import { labelsFor, revisionsOf } from '../release/storage.js';
import { withValues } from '../release/values.js';
import { upgradeArgv } from '../tool/argv.js';
import { demandHelm, runHelm } from '../tool/helm.js';
import { descriptionOf, stateOf } from './live.js';
import { settlePending } from './pending.js';
import { intentOf } from './permissions.js';
import { awaitRevision } from './roll-out.js';
import type { ReleaseState, Site } from './site.js';

/** Brings the version of the config live, and resolves when all of it is ready. */
export async function deploy(site: Site, before: ComponentState<ReleaseState> | undefined): Promise<ComponentState<ReleaseState>> {
  const { ctx, cluster, settings, version } = site;
  await demandHelm(ctx);
  await demandIntent(intentOf(site), ctx.log);
  const revisions = await settlePending(site);
  await withValues(settings.set, (files) =>
    runHelm(
      ctx,
      upgradeArgv({
        ...settings,
        values: [...settings.values, ...files],
        description: descriptionOf(version),
        labels: labelsFor(ctx, revisions),
      }),
      settings.release,
      settings.timeoutMs,
    ),
  );
  const made = await revisionsOf(cluster, settings.release);
  const last = made.at(-1)!;
  await awaitRevision(site, last, before?.driver.restarts ?? {});
  return stateOf(site, made, last);
}
