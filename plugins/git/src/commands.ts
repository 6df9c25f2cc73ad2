import type { Argv } from '@ship/core';

const git = (...args: string[]): Argv => ['git', '--no-optional-locks', ...args];

/** Lists what is not committed, but for `except`, a path below the top of the tree. */
export function status(except?: string): Argv {
  const paths = except === undefined ? [] : ['--', ':(top)', `:(top,exclude,literal)${except}`];
  return git('status', '--porcelain=v1', '-z', '--untracked-files=normal', ...paths);
}

/** Names the commit and the branch, for repositories whose files we cannot read. */
export const head = (): Argv => git('status', '--porcelain=v2', '--branch', '--untracked-files=no', '--ignore-submodules=all');

/** Names the tags that point at the commit, newest first. */
export const tagsAtHead = (): Argv => git('tag', '--points-at', 'HEAD', '--sort=-creatordate');
