import { errors } from '../errors.js';
import { pendingOf, type Revision, revisionsOf } from '../release/storage.js';
import { rollbackArgv } from '../tool/argv.js';
import { runHelm } from '../tool/helm.js';
import { uninstall } from './remove.js';
import type { Site } from './site.js';

/** How many runs are looked through for the one that has left a revision. */
const LOOKS_BACK = 50;

/**
 * A revision that has begun and not ended keeps Helm from any other. One that a run of this environment has begun is dead, as
 * this one holds the lease: it is taken back. Of all others nobody can tell; nor of a rollback or an uninstallation, which say
 * not who has called them: those of ship are finished by the recovery of their run. Answers the revisions as they are then.
 * Throws SHIP_HELM_PENDING.
 */
export async function settlePending(site: Site): Promise<readonly Revision[]> {
  const { cluster, settings, ctx, name } = site;
  const revisions = await revisionsOf(cluster, settings.release);
  const pending = pendingOf(revisions);
  if (pending === undefined) return revisions;
  if (!(await isKnown(site, pending.run))) throw pendingError(site, pending);
  ctx.log.warn(
    `${name}: revision ${pending.revision} of ${settings.release} was left ${pending.status} by the run ${pending.run}, and is taken back first`,
  );
  await takeBack(site, revisions);
  return revisionsOf(cluster, settings.release);
}

/** Back to the revision before one that is pending. Answers which; undefined: there was none, and nothing is there any more. */
export async function takeBack(site: Site, revisions: readonly Revision[]): Promise<number | undefined> {
  const { settings, ctx } = site;
  const { where, release, timeoutMs } = settings;
  const good = revisions.findLast(({ status }) => status === 'deployed' || status === 'superseded');
  if (good === undefined) await uninstall(site, revisions);
  else await runHelm(ctx, rollbackArgv(where, { release, revision: good.revision, timeoutMs }), release, timeoutMs);
  return good?.revision;
}

/** On the way back: throws where a pending revision may be somebody else's. A rollback has the labels of the revision that it goes to. */
export async function demandOwn(site: Site, pending: Revision): Promise<void> {
  const isBegun = pending.status === 'pending-install' || pending.status === 'pending-upgrade';
  if (!(await isKnown(site, isBegun ? pending.run : pending.labelled))) throw pendingError(site, pending);
}

/** Is it a run of this environment? */
async function isKnown({ ctx }: Site, run: string | undefined): Promise<boolean> {
  return run !== undefined && (run === ctx.run || (await ctx.history.runs({ limit: LOOKS_BACK })).some(({ run: id }) => id === run));
}

/** Who has left it, and what may be done. */
export const pendingError = ({ settings }: Pick<Site, 'settings'>, { run, status, revision, at }: Revision) =>
  errors.SHIP_HELM_PENDING({
    release: settings.release,
    status,
    revision,
    at,
    by: run === undefined ? 'somebody else' : `the run ${run}`,
  });
