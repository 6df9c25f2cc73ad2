import type { Argv, Context } from '@ship/core';
import { isCommandFailed } from '@ship/exec';

const DEADLINE_MS = 60_000;

/** Runs git for what only git knows, and returns what it printed. */
export async function git(ctx: Context, command: Argv): Promise<string> {
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
