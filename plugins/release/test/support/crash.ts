import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ComponentConfig, ComponentState } from '@ship/core';
import type { World } from './world.js';

/** Deploys or restores in a process that is killed at a stage. True where it came so far. */
export async function killedAt(
  stage: string,
  verb: 'deploy' | 'restore',
  { ctx }: World,
  component: ComponentConfig,
  before?: ComponentState,
): Promise<boolean> {
  const work = { verb, component, before, ctx: { environment: ctx.environment, dir: ctx.dir, stateDir: ctx.stateDir } };
  const script = fileURLToPath(new URL('../fixtures/act.mjs', import.meta.url));
  const env = { PATH: process.env.PATH, CRASH_AT: stage, WORK: JSON.stringify(work) };
  const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const [, signal] = await once(child, 'exit');
  return signal === 'SIGKILL';
}
