import { parseDuration } from '@ship/core';
import type { Flags } from './arguments.js';
import { errors } from './errors.js';

/** How long a run waits for the lease: `--lock-wait`, else `SHIP_LOCK_WAIT`, else not at all. */
export function lockWaitOf({ lockWait }: Pick<Flags, 'lockWait'>, env: NodeJS.ProcessEnv = process.env): number {
  const text = lockWait ?? (env.SHIP_LOCK_WAIT || undefined);
  if (text === undefined) return 0;
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  const name = lockWait === undefined ? 'SHIP_LOCK_WAIT' : '--lock-wait';
  throw errors.SHIP_USAGE({
    problem: `${name} ${JSON.stringify(text)}: this is not a duration`,
    hint: 'Write a number with its unit, such as `2m` or `90s`.',
  });
}
