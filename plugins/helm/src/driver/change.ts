import { type Argv, isShipError } from '@ship/core';
import { NEXT, type Revision, revisionsOf } from '../release/storage.js';
import { runHelm } from '../tool/helm.js';
import type { Site } from './site.js';

/** Several writers of a quota come before one another; Helm does not try again. */
const QUOTA = /Operation cannot be fulfilled on resourcequotas/;
const TRIES = 4;

/**
 * Runs a command of Helm that makes a revision. While it is at work, the last revision says whose the next one is: what is left
 * pending by a dead run is known by that.
 */
export async function makeRevision(site: Pick<Site, 'ctx' | 'cluster' | 'settings'>, argv: Argv): Promise<void> {
  const { ctx, cluster, settings } = site;
  for (let tries = 1; ; tries += 1) {
    const last = (await revisionsOf(cluster, settings.release)).at(-1);
    await note(site, last, `=${ctx.run}`);
    try {
      await runHelm(ctx, argv, settings.release, settings.timeoutMs);
      return note(site, last, '-');
    } catch (error) {
      // Helm itself has said how it ended; one that was killed has not.
      if (!isShipError(error) || error.code !== 'SHIP_HELM_COMMAND') throw error;
      await note(site, last, '-');
      if (tries === TRIES || !QUOTA.test(error.message)) throw error;
    }
  }
}

/** Of a first revision there is none before, and nobody to hand labels on. Old ones Helm may have removed. */
async function note({ cluster }: Pick<Site, 'cluster'>, last: Revision | undefined, value: string): Promise<void> {
  if (last === undefined) return;
  const words = ['annotate', `secret/${last.secret}`, `${NEXT}${value}`, '--overwrite'];
  if (value === '-') await cluster.attempt(words);
  else await cluster.text(words);
}
