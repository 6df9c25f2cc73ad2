import {
  type Decision,
  type DecisionOption,
  FAILURE_TYPES,
  type FailureContext,
  type FailureType,
  type RollbackConfig,
  type Severity,
  type SeverityRules,
  type SuiteName,
  type Trigger,
} from './types/index.js';

/** Read top down; the first that matches the error's texts decides. */
const SIGNS: readonly (readonly [FailureType, RegExp])[] = [
  ['timeout', /\b(ETIMEDOUT|timed? ?out|deadline exceeded|SHIP_\w*TIMEOUT)\b/i],
  [
    'resource_exhaustion',
    /\b(ENOSPC|ENOMEM|EMFILE|ENFILE|EDQUOT|no space left|out of memory|oom-?killed|cannot allocate memory|disk quota)\b/i,
  ],
  [
    'network_error',
    /\b(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EPIPE|connection (refused|reset|closed)|could not resolve|no route to host|network is unreachable|TLS handshake|temporary failure in name resolution)\b/i,
  ],
  ['git_error', /(^|\n)\s*(fatal: |error: pathspec|CONFLICT \()/i],
  ['quality_gate_failure', /quality gate|lint(er|ing)? (failed|errors?)|coverage .*(below|threshold)/i],
  ['test_failure', /\b[1-9]\d* (tests? )?(failed|failing)\b|\bassertion ?error\b|\btests? failed\b/i],
];

/** What kind of failure an error is. An error that names its `failureType` is believed. */
export function classify(error: unknown): FailureType {
  const named = (error as { failureType?: unknown } | null)?.failureType;
  if (typeof named === 'string' && (FAILURE_TYPES as readonly string[]).includes(named)) return named as FailureType;
  const text = textOf(error);
  return SIGNS.find(([, sign]) => sign.test(text))?.[0] ?? 'unknown';
}

function textOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 4) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  const cause = error.cause === undefined ? '' : textOf(error.cause, depth + 1);
  return [code, error.message, cause].filter(Boolean).join('\n');
}

/** How severe each trigger is, where the config says nothing else. */
const SEVERITY: Readonly<Record<Exclude<Trigger, 'step_failed'>, Severity>> = {
  smoke_tests_failed: 'CRITICAL',
  health_check_failed: 'CRITICAL',
  security_vulnerability_detected: 'CRITICAL',
  acceptance_tests_failed: 'HIGH',
  error_rate_spike: 'HIGH',
  latency_degradation: 'HIGH',
  performance_regression: 'MEDIUM',
  non_critical_test_failed: 'MEDIUM',
  cosmetic_issues: 'LOW',
  documentation_mismatch: 'LOW',
};

const STEP_SEVERITY = { critical: 'CRITICAL', recoverable: 'HIGH', continue_on_error: 'MEDIUM' } as const;

const SUITE_TRIGGER: Readonly<Record<SuiteName, Trigger>> = {
  smoke: 'smoke_tests_failed',
  acceptance: 'acceptance_tests_failed',
  security: 'security_vulnerability_detected',
  performance: 'performance_regression',
};

/** The severity of a failure, by the rules of the config where it has any. */
export function severityOf({ trigger, step_kind = 'critical' }: FailureContext['failure'], rules: SeverityRules = {}): Severity {
  if (trigger !== 'step_failed') return rules[trigger] ?? SEVERITY[trigger];
  // Who lets the run go on although the step fails has said how much it matters.
  return (step_kind === 'continue_on_error' ? undefined : rules.step_failed) ?? STEP_SEVERITY[step_kind];
}

/** The trigger that a failed suite is. */
export function triggerOf(suite: SuiteName): Trigger {
  return SUITE_TRIGGER[suite];
}

/**
 * What to do about a failure. Pure: the same context always has the same decision,
 * and a rollback that was switched off is never among them.
 */
export function decide(context: FailureContext): Decision {
  const { trigger } = context.failure;
  const severity = severityOf(context.failure, context.rollback.severity);
  const decision = (action: Decision['action'], reasons: readonly string[], more: Partial<Decision> = {}): Decision => {
    const nothing = { trigger: 'none', scope: 'none', via: 'none', options: [] } as const;
    return { severity, action, ...nothing, ...more, reasons: [`${trigger} is ${severity}`, ...reasons] };
  };
  const off = whyOff(context);
  if (off !== undefined) return decision('none', [off]);
  if (severity === 'MEDIUM') return decision('warn', ['MEDIUM failures are reported, and the run goes on']);
  if (severity === 'LOW') return decision('info', ['LOW failures are noted, and the run goes on']);
  const automatic = whyAutomatic(context);
  const isolated = whyPartial(context);
  if (automatic.yes) {
    const partial = severity === 'HIGH' ? isolated : { yes: false, why: 'CRITICAL failures take the whole environment back' };
    const scope = partial.yes ? 'partial' : 'full';
    return decision('rollback', [automatic.why, partial.why], { trigger: 'automatic', scope, via: viaOf(context) });
  }
  const options: DecisionOption[] = ['full_rollback', ...(isolated.yes ? (['partial_rollback'] as const) : []), 'investigate', 'skip'];
  const recommended = severity === 'CRITICAL' ? 'full_rollback' : isolated.yes ? 'partial_rollback' : 'investigate';
  return decision('prompt', [automatic.why, isolated.why], { trigger: 'prompted', options, recommended });
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

/** How a rollback goes: by switching traffic, where that is possible and wanted. */
export function viaOf({ router, rollback }: FailureContext): 'instant' | 'restore' {
  return router && rollback.instant_rollback ? 'instant' : 'restore';
}

function whyPartial({ component, failure, rollback }: FailureContext): { yes: boolean; why: string } {
  if (failure.component === undefined || component === undefined) return { yes: false, why: 'the failure is not of one component' };
  if (component.core) return { yes: false, why: `${failure.component} is a core component` };
  if (!rollback.partial_enabled) return { yes: false, why: 'partial rollback is off: partial_enabled is false' };
  if (!component.partial_admitted) return { yes: false, why: `a partial rollback of ${failure.component} is not admitted` };
  return { yes: true, why: `${failure.component} is isolated: a partial rollback is admitted` };
}

/** `optimization.rollback` where a config says nothing. */
export const ROLLBACK_DEFAULTS: RollbackConfig = {
  enabled: true,
  skip_flag: '--no-auto-rollback',
  auto_on_failure: false,
  snapshot_count: 5,
  partial_enabled: true,
  instant_rollback: true,
  preserve_data_migrations: true,
  severity: {},
};
