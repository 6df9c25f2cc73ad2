import type { Context } from '@ship/core';
import type { Dialect } from '../migration.js';
import { environmentOf } from '../tools/environment.js';
import type { Place } from './printer.js';

/** Long enough for a slow start of a large project; printing changes nothing, so that it may be ended. */
const DEADLINE_MS = 120_000;
const MOST_BYTES = 32 * 1024 * 1024;

/** Where programs of a project are printed: as its tool is run, with the same variables. */
export const placeOf = (
  ctx: Context,
  { folder, dialect, url }: { readonly folder: string; readonly dialect: Dialect; readonly url: string | undefined },
): Place => ({
  dir: ctx.dir,
  folder,
  dialect,
  async exec(argv, { env = {}, ...options } = {}) {
    const own = environmentOf(ctx, { ...env, ...(url === undefined ? {} : { DATABASE_URL: url }) });
    try {
      return await ctx.exec(argv, {
        ...options,
        env: own,
        okExitCodes: 'any',
        onOutput: null,
        timeoutMs: DEADLINE_MS,
        maxBytes: MOST_BYTES,
      });
    } catch (error) {
      ctx.signal.throwIfAborted();
      return { stdout: '', stderr: (error as Error).message, exitCode: -1, truncated: false };
    }
  },
});
