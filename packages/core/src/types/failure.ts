/** The four suites, in the order in which they run. */
export const SUITES = ['smoke', 'acceptance', 'security', 'performance'] as const;
/** The name of a suite. */
export type SuiteName = (typeof SUITES)[number];

/** What kind of thing went wrong. `retry.on` names these. */
export const FAILURE_TYPES = [
  'timeout',
  'test_failure',
  'quality_gate_failure',
  'resource_exhaustion',
  'network_error',
  'git_error',
  'unknown',
] as const;
/** The type of a failure; `unknown` where nothing says. */
export type FailureType = (typeof FAILURE_TYPES)[number];

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
/** What set a rollback off. */
export type Trigger = (typeof TRIGGERS)[number];

/** How bad it is. CRITICAL and HIGH may be taken back, MEDIUM is a warning, LOW a note. */
export const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'] as const;
/** How bad it is. */
export type Severity = (typeof SEVERITIES)[number];

/** Severities by trigger, where the config has others than `ship`. That of `step_failed` is for steps that stop the run. */
export type SeverityRules = Readonly<Partial<Record<Trigger, Severity>>>;

/** What went wrong, judged. */
export interface Failure {
  /** What kind of thing went wrong. */
  readonly type: FailureType;
  /** What set it off. */
  readonly trigger: Trigger;
  /** By the trigger, and for a step by how much it matters. */
  readonly severity: Severity;
  /** The id of the step that failed. */
  readonly step?: string;
  /** The suite that failed. */
  readonly suite?: SuiteName;
  /** The name of the component that the failed step is about. */
  readonly component?: string;
  /** The error's own words, redacted. */
  readonly message: string;
}

/** What a plugin gathered about a failure before anything was undone. */
export interface Evidence {
  /** What it is, such as `pods`. */
  readonly name: string;
  /** As it was gathered, redacted. */
  readonly text: string;
}

/** All that severity and decision look at. Plain data, so that a past decision can be replayed. */
export interface FailureContext {
  /** What is known of the failure itself. */
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
  /** `--auto-rollback`, `--no-auto-rollback` and `--no-rollback`. */
  readonly flags: { readonly auto_rollback?: boolean; readonly no_auto_rollback?: boolean; readonly no_rollback?: boolean };
  /** What the config says about it. */
  readonly rollback: {
    readonly enabled: boolean;
    readonly auto_on_failure: boolean;
    readonly partial_enabled: boolean;
    readonly instant_rollback: boolean;
    /** Severities that the config has changed. */
    readonly severity?: SeverityRules;
  };
  /** The component that failed; absent where the failure is of none. `partial_admitted`: a strategy can take it back alone. */
  readonly component?: { readonly core: boolean; readonly partial_admitted: boolean };
  /** A strategy can switch traffic back. */
  readonly router: boolean;
}

/**
 * What somebody who is asked may answer. `retry` and `continue` are of a failed step; `investigate` shows what is
 * known and asks again; `skip` leaves everything as it is.
 */
export type DecisionOption = 'retry' | 'continue' | 'full_rollback' | 'partial_rollback' | 'investigate' | 'skip';

/** What to do about a failure, who asked for it, how far it goes, and why. */
export interface Decision {
  /** That of the failure; a plugin cannot replace it. */
  readonly severity: Severity;
  /** `prompt` becomes `rollback` where the answer is one. `none`: rollbacks are switched off. */
  readonly action: 'rollback' | 'prompt' | 'warn' | 'info' | 'none';
  /** Who asked for a rollback: nobody, a rule, somebody who was asked, or a person without any failure. */
  readonly trigger: 'automatic' | 'prompted' | 'manual' | 'none';
  /** The whole run or the component that failed; `none` where nothing is rolled back. */
  readonly scope: 'full' | 'partial' | 'none';
  /** `instant`: by switching traffic, where a strategy can. */
  readonly via: 'restore' | 'instant' | 'none';
  /** What may be answered, where it is asked. Of a failed step `retry` and `continue`, too. */
  readonly options: readonly DecisionOption[];
  /** The one that is chosen beforehand. */
  readonly recommended?: DecisionOption;
  /** What was answered, where somebody was asked and answered. */
  readonly answer?: DecisionOption;
  /** Why, in the order in which it was decided. */
  readonly reasons: readonly string[];
}
