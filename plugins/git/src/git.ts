import type { Context } from '@ship/core';
import { type Argv, execute, fromContext, isCommandFailed } from '@ship/exec';

const DEADLINE_MS = 60_000;

/** Runs git for what only git can tell, and returns what it printed. */
export async function git(ctx: Context, command: Argv): Promise<string> {
  const { signal, onSpawn, redact, cwd } = fromContext(ctx);
  const env = { LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0' };
  const { stdout } = await execute(command, { signal, onSpawn, redact, cwd, env, timeoutMs: DEADLINE_MS });
  return stdout;
}

/** As {@link git}; undefined where git is not installed or does not know an answer. */
export async function tryGit(ctx: Context, command: Argv): Promise<string | undefined> {
  return git(ctx, command).catch((error) => {
    if (isCommandFailed(error) && !error.aborted) return undefined;
    throw error;
  });
}
