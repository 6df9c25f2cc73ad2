import type { Context } from '@ship/core';
import type { ExecuteOptions } from './types.js';

/** The options that tie a command to what it is executed for: its deadline, its log, its journal. */
export function fromContext(
  ctx: Context,
): Required<Pick<ExecuteOptions, 'cwd' | 'baseEnv' | 'signal' | 'onOutput' | 'onSpawn' | 'redact'>> {
  return {
    cwd: ctx.dir,
    baseEnv: ctx.env,
    signal: ctx.signal,
    onOutput: (output) => ctx.output(output),
    onSpawn: (process) => ctx.spawned(process),
    redact: (text) => ctx.redact(text),
  };
}
