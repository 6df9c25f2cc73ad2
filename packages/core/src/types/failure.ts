import type { FailureType, SuiteName } from './config.js';

/** What set a rollback off, most severe first. */
export const TRIGGERS = [
  'smoke_tests_failed',
  'health_check_failed',
  'security_vulnerability_detected',
  'acceptance_tests_failed',
  'error_rate_spike',
  'latency_degradation',
  'performance_regression',
  'non_critical_test_failed',
  'cosmetic_issues',
  'documentation_mismatch',
  'step_failed',
] as const;
export type Trigger = (typeof TRIGGERS)[number];

export type Severity = 'CRITICAL' | 'HIGH' | 'MEDIUM' | 'LOW';

/** What went wrong, judged. */
export interface Failure {
  readonly type: FailureType;
  readonly trigger: Trigger;
  readonly severity: Severity;
  readonly step?: string;
  readonly suite?: SuiteName;
  readonly component?: string;
  readonly message: string;
}

/** All that severity and decision look at. Plain data, so that a past decision can be replayed. */
export interface FailureContext {
  readonly failure: {
    readonly trigger: Trigger;
    readonly type?: FailureType;
    readonly component?: string;
    readonly step?: string;
    readonly suite?: SuiteName;
    readonly message?: string;
    /** For `step_failed`: how much the step matters. */
    readonly step_kind?: 'critical' | 'recoverable' | 'continue_on_error';
  };
  readonly flags: { readonly auto_rollback?: boolean; readonly no_auto_rollback?: boolean; readonly no_rollback?: boolean };
  readonly rollback: {
    readonly enabled: boolean;
    readonly auto_on_failure: boolean;
    readonly partial_enabled: boolean;
    readonly instant_rollback: boolean;
  };
  /** The component that failed. `partial_admitted`: a strategy can take it back alone. */
  readonly component?: { readonly core: boolean; readonly partial_admitted: boolean };
  /** A strategy can switch traffic back. */
  readonly router: boolean;
}

export type DecisionOption = 'full_rollback' | 'partial_rollback' | 'investigate' | 'skip';

/** What to do about a failure, who asked for it, how far it goes, and why. */
export interface Decision {
  readonly severity: Severity;
  readonly action: 'rollback' | 'prompt' | 'warn' | 'info' | 'none';
  readonly trigger: 'automatic' | 'prompted' | 'manual' | 'none';
  readonly scope: 'full' | 'partial' | 'none';
  readonly via: 'restore' | 'instant' | 'none';
  readonly options: readonly DecisionOption[];
  readonly recommended?: DecisionOption;
  readonly reasons: readonly string[];
}
