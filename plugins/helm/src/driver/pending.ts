import { errors } from '../errors.js';
import { pendingOf, type Revision, revisionsOf } from '../release/storage.js';
import { rollBack } from './go-back.js';
import { uninstall } from './remove.js';
import type { Site } from './site.js';

/** How many runs are looked through for the one that has left a revision. */
const LOOKS_BACK = 50;

/**
 * A revision that has begun and not ended keeps Helm from any other. One that a run of this environment has left is dead, as
 * this one holds the lease: it is taken back. Of all others nobody can tell. Throws SHIP_HELM_PENDING.
 */
export async function settlePending(site: Site): Promise<void> {
  const { cluster, settings, ctx, name } = site;
  const revisions = await revisionsOf(cluster, settings.release);
  const pending = pendingOf(revisions);
  if (pending === undefined) return;
  await demandOwn(site, pending);
  ctx.log.warn(
    `${name}: revision ${pending.revision} of ${settings.release} was left ${pending.status} by the run ${pending.run}, and is taken back first`,
  );
  const good = revisions.findLast(({ status }) => status === 'deployed' || status === 'superseded');
  if (good === undefined) await uninstall(site, revisions);
  else await rollBack(site, good);
}

/** Throws where a pending revision may be somebody else's. */
export async function demandOwn({ ctx, settings }: Site, { run, status, revision, at }: Revision): Promise<void> {
  if (run !== undefined && (run === ctx.run || (await ctx.history.runs({ limit: LOOKS_BACK })).some(({ run: id }) => id === run))) return;
  throw errors.SHIP_HELM_PENDING({
    release: settings.release,
    status,
    revision,
    at,
    by: run === undefined ? 'somebody else' : `the run ${run}`,
  });
}
