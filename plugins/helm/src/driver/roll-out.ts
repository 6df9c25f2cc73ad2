import { awaitRollout, workloadsIn } from '@ship/kube';
import { type Revision, readRelease } from '../release/storage.js';
import type { Site } from './site.js';

/** Waits until what a revision has made is ready, and no longer than it can be seen not to become so. */
export async function awaitRevision(site: Site, revision: Revision, restarts: Readonly<Record<string, number>>): Promise<void> {
  const { cluster, ctx, settings, name } = site;
  const { manifest } = await readRelease(cluster, revision);
  await awaitRollout(cluster, workloadsIn(await cluster.live(manifest)), {
    timeoutMs: settings.timeoutMs,
    baseline: restarts,
    signal: ctx.signal,
    onProgress: (line) => ctx.log.info(`${name}: ${line}`),
  });
}
