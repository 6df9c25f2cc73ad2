import type { Restored } from '@ship/core';
import { nameOf } from '@ship/kube';
import { type Revision, readRelease } from '../release/storage.js';
import { uninstallArgv } from '../tool/argv.js';
import { runHelm } from '../tool/helm.js';
import type { Site } from './site.js';

const CLAIM = 'PersistentVolumeClaim';

/**
 * Takes a release away that was not there before. Claims of volumes stay, with what was written into them: `helm uninstall`
 * would delete those of the chart, so where there are any the rest is deleted one by one.
 */
export async function uninstall({ ctx, cluster, settings }: Site, revisions: readonly Revision[]): Promise<Restored> {
  const last = revisions.at(-1);
  if (last === undefined) return { changed: false };
  const { manifest } = await readRelease(cluster, last);
  const live = await cluster.live(manifest);
  const claims = live.filter(({ kind }) => kind === CLAIM);
  if (claims.length === 0) {
    await runHelm(ctx, uninstallArgv(settings.where, settings.release, settings.timeoutMs), settings.release, settings.timeoutMs);
    return { changed: true, summary: `${settings.release} uninstalled` };
  }
  for (const { kind, metadata } of live.filter((each) => each.kind !== CLAIM))
    await cluster.text(['delete', `${kind.toLowerCase()}/${metadata.name}`, '--ignore-not-found'], {
      isShown: true,
      timeoutMs: settings.timeoutMs,
    });
  await cluster.text(['delete', 'secrets', `--selector=owner=helm,name=${settings.release}`], { isShown: true });
  return { changed: true, kept: `${settings.release} is away, and ${claims.map(nameOf).join(', ')} stays, with what was written into it` };
}
