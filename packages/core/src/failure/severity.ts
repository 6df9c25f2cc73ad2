import type { FailureContext, Severity, SeverityRules, SuiteName, Trigger } from '../types/index.js';

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
