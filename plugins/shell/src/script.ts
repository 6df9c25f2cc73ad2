import type { Context, ExecOptions, ExecResult, StepContext } from '@ship/core';
import { argvOf, type Script } from './commands.js';
import { shellErrors } from './errors.js';

/** Where scripts run, and with what. */
export interface Place {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The variables that say to a script what it works for. They win over those of the config. */
function variables(ctx: Context): Record<string, string> {
  const { step, component } = ctx as Partial<StepContext>;
  return {
    SHIP_RUN: ctx.run,
    SHIP_PROJECT: ctx.project,
    SHIP_ENVIRONMENT: ctx.environment,
    ...(step && { SHIP_STEP: step.id, SHIP_ATTEMPT: String(step.attempt) }),
    ...(ctx.place.target !== undefined && { SHIP_TARGET: ctx.place.target }),
    ...(component && { SHIP_COMPONENT: component.name, SHIP_VERSION: component.version }),
  };
}

/** Runs one script of a step, a check or a condition. */
export async function runScript(ctx: Context, script: Script, place: Place, more: ExecOptions = {}): Promise<ExecResult> {
  const { cwd = '.', env } = place;
  const all = { ...env, ...variables(ctx), ...more.env };
  refuseNul(script, { ...all, cwd });
  return ctx.exec(argvOf(script), { ...more, cwd, env: all });
}

function refuseNul(script: Script, named: Readonly<Record<string, string | undefined>>): void {
  if ([script].flat().some((text) => text.includes('\0'))) throw shellErrors.SHIP_SHELL_NUL({ what: 'a command' });
  for (const [name, value] of Object.entries(named)) {
    if (name.includes('\0') || value?.includes('\0')) throw shellErrors.SHIP_SHELL_NUL({ what: name.replaceAll('\0', '\\0') });
  }
}
