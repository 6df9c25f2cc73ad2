import { awaitRollout, type KubeObject, workloadsIn } from '@ship/kube';
import type { Site } from './site.js';

/** Waits until all of these are ready, and no longer than one can be seen not to become so. */
export async function rollOut(
  { cluster, ctx, settings, name }: Site,
  objects: readonly KubeObject[],
  restarts: Readonly<Record<string, number>>,
): Promise<void> {
  await awaitRollout(cluster, workloadsIn(objects), {
    timeoutMs: settings.timeoutMs,
    baseline: restarts,
    signal: ctx.signal,
    onProgress: (line) => ctx.log.info(`${name}: ${line}`),
  });
}
