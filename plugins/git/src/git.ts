import { relative, sep } from 'node:path';
import type { Argv, Context } from '@ship/core';
import { isCommandFailed } from '@ship/exec';
import { findRepository } from './repository.js';

const DEADLINE_MS = 60_000;

/** Runs git for what only git knows, and returns what it printed. */
async function git(ctx: Context, command: Argv): Promise<string> {
  const env = { LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0' };
  const { stdout } = await ctx.exec(command, { env, timeoutMs: DEADLINE_MS, onOutput: null });
  return stdout;
}

/** As {@link git}; undefined where git is not installed or does not know an answer. */
export async function tryGit(ctx: Context, command: Argv): Promise<string | undefined> {
  return git(ctx, command).catch((error) => {
    if (isCommandFailed(error) && !error.aborted) return undefined;
    throw error;
  });
}

const argv = (...words: string[]): Argv => ['git', '--no-optional-locks', ...words];

/** Lists what is not committed, but for `except`, a path below the top of the tree. */
export function status(except?: string): Argv {
  const paths = except === undefined ? [] : ['--', ':(top)', `:(top,exclude,literal)${except}`];
  return argv('status', '--porcelain=v1', '-z', '--untracked-files=normal', ...paths);
}

/** Names the commit and the branch, for repositories whose files we cannot read. */
export const head = (): Argv => argv('status', '--porcelain=v2', '--branch', '--untracked-files=no', '--ignore-submodules=all');

/** Names the tags that point at the commit, newest first. */
export const tagsAtHead = (): Argv => argv('tag', '--points-at', 'HEAD', '--sort=-creatordate');

/** The files that differ from the last commit. The state of ship itself does not count. */
export async function changedFiles(ctx: Context): Promise<readonly string[]> {
  const top = findRepository(ctx.dir)?.top ?? ctx.dir;
  const state = relative(top, ctx.stateDir).split(sep).join('/');
  const inside = state !== '' && !state.startsWith('../');
  return parseStatus(await git(ctx, status(inside ? state : undefined)));
}

/** Reads `status --porcelain=v1 -z`. After a rename stands the old name, which is no change of its own. */
export function parseStatus(text: string): string[] {
  const entries = text.split('\0').filter(Boolean);
  const files: string[] = [];
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i]!;
    files.push(entry.slice(3));
    if (/^(?:[RC]|.[RC])/.test(entry)) i++;
  }
  return files;
}
