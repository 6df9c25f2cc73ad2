import { defineErrors } from '@ship/core';

/** The codes of this plugin. All of them veto the run: nothing was touched. */
export const gitErrors = defineErrors({
  SHIP_GIT_DIRTY: {
    exit: 2,
    failureType: 'git_error',
    message: (d: { files: readonly string[]; more: number }) =>
      `the working tree has changes that are not committed: ${d.files.join(', ')}${d.more > 0 ? ` and ${d.more} more` : ''}`,
    hint: 'Commit or stash them, or take `require_clean` out of the options of git.',
  },
  SHIP_GIT_BRANCH: {
    exit: 2,
    failureType: 'git_error',
    message: (d: { branch: string; allowed: readonly string[] }) => `${d.branch} may not be deployed, only ${d.allowed.join(', ')}`,
    hint: 'Switch to one of these branches, or add yours to `allowed_branches` in the options of git.',
  },
  SHIP_GIT_MISSING: {
    exit: 2,
    failureType: 'git_error',
    message: (d: { option: string; problem: string }) => `\`${d.option}\` asks for a git repository: ${d.problem}`,
    hint: 'Run ship inside a clone with git installed, or take that out of the config.',
  },
});
