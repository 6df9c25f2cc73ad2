import { writeChart } from '../release/chart.js';
import { labelsOf, type Release, type Revision, readRelease } from '../release/storage.js';
import { rollbackArgv, upgradeArgv } from '../tool/argv.js';
import { withValues } from '../tool/values.js';
import { makeRevision } from './change.js';
import { descriptionOf } from './live.js';
import type { Site } from './site.js';

/** Helm applies as it did before, unless somebody says otherwise. */
const isForced = ({ apply_method: method }: Release): boolean => method === 'ssa';

/** Back to a revision that Helm has. What others have set since is overwritten. */
export async function rollBack(site: Site, target: Revision): Promise<void> {
  const { where, release, timeoutMs } = site.settings;
  const forced = isForced(await readRelease(site.cluster, target));
  await makeRevision(site, rollbackArgv(where, { release, revision: target.revision, isForced: forced, timeoutMs }));
}

/** Back to a revision that Helm has no more: its manifest and values, as they were kept. */
export async function installKept(site: Site, kept: Release, version: string): Promise<void> {
  const { ctx, settings } = site;
  const { where, release, timeoutMs } = settings;
  await writeChart(kept, (chart) =>
    withValues(kept.config ?? {}, (values) =>
      makeRevision(
        site,
        upgradeArgv({
          where,
          release,
          chart,
          values,
          createNamespace: false,
          description: descriptionOf(version),
          labels: labelsOf(ctx, version, 'back'),
          isForced: isForced(kept),
          timeoutMs,
        }),
      ),
    ),
  );
}
