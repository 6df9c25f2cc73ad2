import type { SuiteName } from './config.js';
import type { Finding, Resource } from './contracts.js';
import type { Decision, Failure } from './failure.js';
import type { Json } from './json.js';
import type { PreviewedStep } from './plan.js';

export type RunStatus = 'succeeded' | 'rolled_back' | 'failed' | 'rollback_incomplete' | 'refused' | 'interrupted';
export type StepStatus = 'done' | 'failed' | 'skipped' | 'undone' | 'undo_failed' | 'not_run';

/** An error as people and `--json` see it; every text is redacted. */
export interface ReportedError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly docs?: string;
  /** `file:line:column`, where the error is in something the user wrote. */
  readonly at?: string;
  /** The step, or `plugin/hook`, that it came from. */
  readonly source?: string;
  readonly cause?: string;
}

export interface StepReport {
  readonly id: string;
  readonly uses: string;
  readonly component?: string;
  readonly status: StepStatus;
  readonly duration_ms: number;
  readonly attempts: number;
  /** Why it was skipped, or why its undo left something. */
  readonly reason?: string;
  readonly error?: ReportedError;
}

export interface CheckReport {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'errored';
  readonly required: boolean;
  readonly attempts: number;
  readonly duration_ms: number;
  readonly detail?: string;
}

export interface SuiteReport {
  readonly outcome: 'passed' | 'failed';
  readonly duration_ms: number;
  readonly checks: readonly CheckReport[];
}

/** Suites that ran. A suite with no checks is absent. */
export type VerificationReport = Partial<Record<SuiteName, SuiteReport>>;

export interface ComponentReport {
  readonly name: string;
  /** Version before the rollback; null where nothing was live. */
  readonly from: string | null;
  readonly to: string | null;
  readonly status: 'restored' | 'unchanged' | 'failed';
  readonly duration_ms: number;
  readonly error?: ReportedError;
}

export interface RollbackReport {
  readonly scope: 'full' | 'partial' | 'none';
  readonly target_snapshot: string | null;
  readonly components: readonly ComponentReport[];
  readonly findings: readonly Finding[];
  readonly verification: VerificationReport;
  /** Commands that finish what the rollback could not. */
  readonly remaining: readonly { readonly what: string; readonly command?: string; readonly error: ReportedError }[];
  readonly duration_ms: number;
}

/** The one document of `--json`, and `report.json` of the run. Times in ISO 8601 UTC, durations in ms. */
export interface Report {
  readonly format: 1;
  /** The verb: `deploy` where none was given. */
  readonly command: string;
  readonly run: string | null;
  readonly project: string | null;
  readonly environment: string | null;
  readonly status: RunStatus;
  readonly exit_code: number;
  readonly started_at: string;
  readonly duration_ms: number;
  readonly dry_run?: boolean;
  readonly plan?: readonly PreviewedStep[];
  /** With --dry-run: what would be asked before anything is touched. */
  readonly questions?: readonly string[];
  readonly steps: readonly StepReport[];
  readonly failure: Failure | null;
  readonly decision: Decision | null;
  readonly rollback: RollbackReport | null;
  readonly verification: VerificationReport;
  readonly resources: {
    readonly created: readonly Resource[];
    readonly removed: readonly Resource[];
    readonly kept: readonly Resource[];
    readonly orphans: readonly Resource[];
  };
  /** Id of the snapshot that this run left. */
  readonly snapshot: string | null;
  readonly errors: readonly ReportedError[];
  readonly warnings: readonly string[];
  /** What a verb such as `snapshots list` answers. */
  readonly result?: Json;
}
