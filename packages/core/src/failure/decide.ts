import type { Decision, DecisionOption, FailureContext, RollbackConfig, Severity } from '../types/index.js';
import { severityOf } from './severity.js';

/**
 * What to do about a failure. Pure: the same context always has the same decision,
 * and a rollback that was switched off is never among them.
 */
export function decide(context: FailureContext): Decision {
  const severity = severityOf(context.failure, context.rollback.severity);
  const because = `${context.failure.trigger} is ${severity}`;
  const off = whyOff(context);
  if (off !== undefined) return still(severity, 'none', [because, off]);
  if (severity === 'MEDIUM') return still(severity, 'warn', [because, 'MEDIUM failures are reported, and the run goes on']);
  if (severity === 'LOW') return still(severity, 'info', [because, 'LOW failures are noted, and the run goes on']);
  const automatic = whyAutomatic(context);
  return automatic.yes ? rollBack(context, severity, [because, automatic.why]) : prompt(context, severity, [because, automatic.why]);
}

/** What of `optimization.rollback` a decision asks. */
export function rulesOf(rollback: RollbackConfig): FailureContext['rollback'] {
  const { enabled, auto_on_failure, partial_enabled, instant_rollback, severity } = rollback;
  return { enabled, auto_on_failure, partial_enabled, instant_rollback, severity };
}

function whyOff({ flags, rollback }: FailureContext): string | undefined {
  if (flags.no_rollback) return 'rollback is off: --no-rollback';
  if (!rollback.enabled) return 'rollback is off: optimization.rollback.enabled is false';
  return undefined;
}

function whyAutomatic({ flags, rollback }: FailureContext): { yes: boolean; why: string } {
  if (flags.no_auto_rollback) return { yes: false, why: 'automatic rollback is off: --no-auto-rollback' };
  if (flags.auto_rollback) return { yes: true, why: 'automatic rollback is on: --auto-rollback' };
  if (rollback.auto_on_failure) return { yes: true, why: 'automatic rollback is on: auto_on_failure is true' };
  return { yes: false, why: 'automatic rollback is off: auto_on_failure is false' };
}

function still(severity: Severity, action: 'none' | 'warn' | 'info', reasons: readonly string[]): Decision {
  return { severity, action, trigger: 'none', scope: 'none', via: 'none', options: [], reasons };
}

function rollBack(context: FailureContext, severity: Severity, reasons: readonly string[]): Decision {
  const partial = severity === 'HIGH' ? whyPartial(context) : { yes: false, why: 'CRITICAL failures take the whole environment back' };
  return {
    severity,
    action: 'rollback',
    trigger: 'automatic',
    scope: partial.yes ? 'partial' : 'full',
    via: viaOf(context),
    options: [],
    reasons: [...reasons, partial.why],
  };
}

/** How a rollback goes: by switching traffic, where that is possible and wanted. */
export function viaOf({ router, rollback }: FailureContext): 'instant' | 'restore' {
  return router && rollback.instant_rollback ? 'instant' : 'restore';
}

function prompt(context: FailureContext, severity: Severity, reasons: readonly string[]): Decision {
  const partial = whyPartial(context);
  const options: DecisionOption[] = ['full_rollback', ...(partial.yes ? (['partial_rollback'] as const) : []), 'investigate', 'skip'];
  const recommended = severity === 'CRITICAL' ? 'full_rollback' : partial.yes ? 'partial_rollback' : 'investigate';
  return {
    severity,
    action: 'prompt',
    trigger: 'prompted',
    scope: 'none',
    via: 'none',
    options,
    recommended,
    reasons: [...reasons, partial.why],
  };
}

function whyPartial({ component, failure, rollback }: FailureContext): { yes: boolean; why: string } {
  if (failure.component === undefined || component === undefined) return { yes: false, why: 'the failure is not of one component' };
  if (component.core) return { yes: false, why: `${failure.component} is a core component` };
  if (!rollback.partial_enabled) return { yes: false, why: 'partial rollback is off: partial_enabled is false' };
  if (!component.partial_admitted) return { yes: false, why: `a partial rollback of ${failure.component} is not admitted` };
  return { yes: true, why: `${failure.component} is isolated: a partial rollback is admitted` };
}
