import { errors } from '../errors.js';
import { isOf, pendingOf, type Revision, revisionsOf } from '../release/storage.js';
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
  await demandOwn(site, revisions);
  ctx.log.warn(
    `${name}: revision ${pending.revision} of ${settings.release} was left ${pending.status} by the run ${ownerOf(revisions)}, and is taken back first`,
  );
  await takeBack(site, revisions);
}

/** Back to the revision before one that is pending. Answers which; undefined: there was none, and nothing is there any more. */
export async function takeBack(site: Site, revisions: readonly Revision[]): Promise<number | undefined> {
  const good = revisions.findLast(({ status }) => status === 'deployed' || status === 'superseded');
  if (good === undefined) await uninstall(site, revisions);
  else await rollBack(site, good);
  return good?.revision;
}

/** Throws where the last revision is pending, and may be somebody else's. */
export async function demandOwn({ ctx, settings }: Site, revisions: readonly Revision[]): Promise<void> {
  const pending = pendingOf(revisions);
  if (pending === undefined) return;
  const owner = ownerOf(revisions);
  if (owner !== undefined && (owner === ctx.run || (await ctx.history.runs({ limit: LOOKS_BACK })).some(({ run }) => run === owner)))
    return;
  throw pendingError(settings.release, pending, owner);
}

/** Whose it is, and what may be done. */
export const pendingError = (release: string, { status, revision, at }: Revision, owner: string | undefined) =>
  errors.SHIP_HELM_PENDING({ release, status, revision, at, by: owner === undefined ? 'somebody else' : `the run ${owner}` });

/**
 * The run that has begun the last revision; undefined: nobody knows. A rollback has the labels of the revision that it goes
 * back to, and a release that is uninstalled those that it had.
 */
export function ownerOf(revisions: readonly Revision[]): string | undefined {
  const [before, last] = [revisions.at(-2), revisions.at(-1)];
  if (last === undefined || last.status === 'uninstalling') return undefined;
  if (before === undefined) return last.run;
  return last.status === 'pending-rollback' || isOf(last, before.next ?? '') ? before.next : undefined;
}
