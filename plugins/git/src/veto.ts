import type { Context } from '@ship/core';
import { isCommandFailed } from '@ship/exec';
import { changedFiles } from './changes.js';
import { gitErrors } from './errors.js';
import type { GitFacts } from './facts.js';
import { matches } from './glob.js';

const SHOWN = 5;

/** Throws unless the branch is one of the allowed ones. */
export function demandBranch(facts: GitFacts | undefined, allowed: readonly string[]): void {
  if (facts === undefined) throw gitErrors.SHIP_GIT_MISSING({ option: 'allowed_branches', problem: 'there is none here' });
  const { branch, pullRequest } = facts;
  if (branch !== undefined && !pullRequest && matches(branch, allowed)) return;
  const shown =
    branch === undefined ? 'a commit without a branch' : pullRequest ? `the pull request of branch ${branch}` : `branch ${branch}`;
  throw gitErrors.SHIP_GIT_BRANCH({ branch: shown, allowed });
}

/** What is not committed; throws where git does not know. */
export async function demandChanges(ctx: Context, facts: GitFacts | undefined, option: string): Promise<readonly string[]> {
  if (facts === undefined) throw gitErrors.SHIP_GIT_MISSING({ option, problem: 'there is none here' });
  return changedFiles(ctx).catch((error) => {
    if (!isCommandFailed(error) || error.aborted) throw error;
    throw gitErrors.SHIP_GIT_MISSING({ option, problem: error.message }, { cause: error });
  });
}

/** Throws unless everything is committed. */
export async function demandClean(ctx: Context, facts: GitFacts | undefined): Promise<void> {
  const files = await demandChanges(ctx, facts, 'require_clean');
  if (files.length > 0) throw gitErrors.SHIP_GIT_DIRTY({ files: files.slice(0, SHOWN), more: Math.max(0, files.length - SHOWN) });
}
