import type { FailureContext, Severity, SuiteName, Trigger } from '../types/index.js';

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

/** The severity of a failure. */
export function severityOf(failure: FailureContext['failure']): Severity {
  return failure.trigger === 'step_failed' ? STEP_SEVERITY[failure.step_kind ?? 'critical'] : SEVERITY[failure.trigger];
}

/** The trigger that a failed suite is. */
export function triggerOf(suite: SuiteName): Trigger {
  return SUITE_TRIGGER[suite];
}
