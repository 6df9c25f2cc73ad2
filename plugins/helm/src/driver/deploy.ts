import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ComponentState } from '@ship/core';
import { RUN_LABEL, revisionsOf } from '../release/storage.js';
import { upgradeArgv } from '../tool/argv.js';
import { demandHelm, runHelm } from '../tool/helm.js';
import { descriptionOf, stateOf } from './live.js';
import { settlePending } from './pending.js';
import { awaitRevision } from './roll-out.js';
import type { ReleaseState, Site } from './site.js';

/** Brings the version of the config live, and resolves when all of it is ready. */
export async function deploy(site: Site, before: ComponentState<ReleaseState> | undefined): Promise<ComponentState<ReleaseState>> {
  const { ctx, cluster, settings, version } = site;
  await demandHelm(ctx);
  await settlePending(site);
  await withValues(settings.set, (files) =>
    runHelm(
      ctx,
      upgradeArgv({
        ...settings,
        values: [...settings.values, ...files],
        description: descriptionOf(version),
        labels: { [RUN_LABEL]: ctx.run },
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

/** Values lie in a file that nobody else can read: command lines can be read by everybody on the machine. JSON is YAML. */
export async function withValues<T>(values: object, work: (files: readonly string[]) => Promise<T>): Promise<T> {
  if (Object.keys(values).length === 0) return work([]);
  const folder = mkdtempSync(join(tmpdir(), 'ship-helm-'));
  try {
    const file = join(folder, 'values.json');
    writeFileSync(file, JSON.stringify(values), { mode: 0o600 });
    return await work([file]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
