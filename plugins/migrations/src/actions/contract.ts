import { type Context, parseDuration } from '@ship/core';
import type { Migration } from '../migration.js';
import type { Opened } from '../opened.js';
import { judgeAfter } from '../way-back/judge.js';

/** When a migration that takes something away from the old code may be applied: all that is said must hold. */
export interface Contracting {
  /** How many releases must have been verified since it came. */
  readonly after_releases?: number;
  /** How long ago it must have come, such as `24h`; `bake`: a release that knows it must have been verified, to the end of its bake. */
  readonly after?: string;
}

/** What `migrations/up` has of its own. */
export const contractProperties = {
  contract: {
    type: 'object',
    additionalProperties: false,
    minProperties: 1,
    properties: {
      after_releases: {
        type: 'integer',
        minimum: 1,
        maximum: 100,
        description: 'How many releases must have been verified since it came.',
      },
      after: {
        type: 'string',
        pattern: '^(?:bake|[0-9]+(?:s|m|h))$',
        title: 'a duration such as 24h, or bake',
        description: 'How long ago it must have come; `bake`: one release since must be verified, to the end of its bake.',
      },
    },
    description: 'Expand and contract: a migration that breaks the old code waits until nobody goes back behind it.',
  },
};

/** Who wrote it says that it takes something away, in a comment of SQL or of a program. */
const MARK = /^\s*(?:--|#|\/\/)\s*ship:\s*contract\b/im;

/** Why it must wait still; undefined where it may be applied. `since`: when a run first found it, as an ISO timestamp; undefined: now. */
export async function whyWait(
  ctx: Pick<Context, 'history'>,
  { after_releases, after }: Contracting,
  since: string | undefined,
): Promise<string | undefined> {
  const releases = after_releases ?? (after === 'bake' ? 1 : 0);
  const verified = since === undefined || releases === 0 ? 0 : await verifiedSince(ctx, since, releases);
  if (verified < releases) return `${verified} of ${releases} ${releases === 1 ? 'release was' : 'releases were'} verified since it came`;
  const wait = after === undefined || after === 'bake' ? 0 : parseDuration(after)!;
  return wait > (since === undefined ? 0 : Date.now() - Date.parse(since)) ? `it came less than ${after} ago` : undefined;
}

async function verifiedSince({ history }: Pick<Context, 'history'>, since: string, enough: number): Promise<number> {
  // Those that are not verified count for nothing, and may stand among them.
  const snapshots = await history.snapshots({ limit: Math.max(50, enough * 3) });
  return snapshots.filter(({ timestamp, rollback_safe }) => rollback_safe && timestamp > since).length;
}

/** It is marked as one, or the old code does not get along with it. */
export async function isContraction(opened: Opened, migration: Migration): Promise<boolean> {
  if (migration.up.some(({ text }) => MARK.test(text))) return true;
  const before = opened.migrations.slice(0, opened.migrations.indexOf(migration)).map(({ id }) => id);
  const [judgement] = await judgeAfter(opened, before, [migration], false);
  return judgement?.keep_schema === 'block';
}
