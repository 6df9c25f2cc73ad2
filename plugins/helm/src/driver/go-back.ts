import { writeChart } from '../release/chart.js';
import { labelsOf, type Release, type Revision, readRelease } from '../release/storage.js';
import { rollbackArgv, upgradeArgv } from '../tool/argv.js';
import { runHelm } from '../tool/helm.js';
import { withValues } from './deploy.js';
import { descriptionOf } from './live.js';
import type { Site } from './site.js';

/** Helm applies as it did before, unless somebody says otherwise. */
const isForced = ({ apply_method: method }: Release): boolean => method === 'ssa';

/** Back to a revision that Helm has. What others have set since is overwritten. */
export async function rollBack({ ctx, settings, cluster }: Site, target: Revision): Promise<void> {
  const { where, release, timeoutMs } = settings;
  const forced = isForced(await readRelease(cluster, target));
  await runHelm(ctx, rollbackArgv(where, { release, revision: target.revision, isForced: forced, timeoutMs }), release, timeoutMs);
}

/** Back to a revision that Helm has no more: its manifest and values, as they were kept. */
export async function installKept({ ctx, settings }: Site, kept: Release, version: string): Promise<void> {
  const { where, release, timeoutMs } = settings;
  await writeChart(kept, (chart) =>
    withValues(kept.config ?? {}, (values) =>
      runHelm(
        ctx,
        upgradeArgv({
          where,
          release,
          chart,
          values,
          createNamespace: false,
          description: descriptionOf(version),
          labels: labelsOf(ctx.run, version),
          isForced: isForced(kept),
          timeoutMs,
        }),
        release,
        timeoutMs,
      ),
    ),
  );
}
