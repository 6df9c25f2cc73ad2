import { resolve } from 'node:path';
import type { Executor } from '@ship/core';
import { execute } from './execute.js';

/** This machine, as the executor `local`: what is executed has the deadline, the log and the journal of its context. */
export const localExecutor: Executor = {
  exec(ctx, command, { cwd = '.', onOutput, ...options }) {
    const grace = options.killGraceMs === undefined ? {} : { grace_ms: options.killGraceMs };
    return execute(command, {
      ...options,
      cwd: resolve(ctx.dir, cwd),
      baseEnv: ctx.env,
      signal: ctx.signal,
      onOutput: onOutput === null ? undefined : (onOutput ?? ((output) => ctx.output(output))),
      onSpawn: (process) => ctx.spawned({ ...process, ...grace }),
      redact: (text) => ctx.redact(text),
    });
  },
};
