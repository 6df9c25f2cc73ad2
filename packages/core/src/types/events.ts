import type { Resource } from './change.js';
import type { Output, ProcessIdentity } from './context.js';
import type { Decision, Failure, SuiteName } from './failure.js';
import type { Json } from './json.js';
import type { Plan, Step } from './plan.js';
import type { CheckReport, ReportedError, RollbackReport, RunStatus, StepReport, SuiteReport, TriedWay, Way } from './report.js';

/** What a plugin says happened. Others know it by its type. */
export interface PluginEvent {
  /** `<plugin>/<name>`. */
  readonly type: `${string}/${string}`;
  /** One line for people; without it views show nothing. */
  readonly message?: string;
  /** What listeners need. Redacted. */
  readonly data: Json;
}

/** Everything that happens, as the `event` hook hands it to view, log and metrics. All texts are redacted. */
export type ShipEvent =
  | PluginEvent
  | { readonly type: 'run-started'; readonly run: string; readonly plan: Plan }
  | { readonly type: 'step-started'; readonly step: Step; readonly attempt: number }
  | { readonly type: 'step-output'; readonly step: string; readonly output: Output }
  | { readonly type: 'process-started'; readonly run: string; readonly process: ProcessIdentity }
  | {
      readonly type: 'step-retried';
      readonly step: Step;
      readonly attempt: number;
      readonly delay_ms: number;
      readonly error: ReportedError;
    }
  | { readonly type: 'step-finished'; readonly step: Step; readonly report: StepReport }
  | { readonly type: 'suite-started'; readonly suite: SuiteName; readonly checks: number }
  | { readonly type: 'check-finished'; readonly suite: SuiteName; readonly report: CheckReport }
  | { readonly type: 'suite-finished'; readonly suite: SuiteName; readonly report: SuiteReport }
  | { readonly type: 'failure'; readonly failure: Failure }
  | { readonly type: 'decision'; readonly decision: Decision }
  | {
      readonly type: 'rollback-started';
      readonly way: Way;
      readonly scope: 'full' | 'partial';
      readonly component?: string;
      readonly target: string | null;
    }
  | { readonly type: 'way-ended'; readonly tried: TriedWay; readonly next: Way | null }
  | { readonly type: 'undo-started'; readonly what: string }
  | {
      readonly type: 'undo-finished';
      readonly what: string;
      readonly status: 'undone' | 'kept' | 'failed';
      readonly detail?: string;
      readonly duration_ms: number;
    }
  | { readonly type: 'resource-noted'; readonly step: string; readonly resource: Resource }
  | {
      readonly type: 'resource-removed';
      readonly step: string;
      readonly resource: Resource;
      readonly status: 'removed' | 'gone' | 'failed';
      readonly detail?: string;
    }
  | { readonly type: 'rollback-finished'; readonly report: RollbackReport; readonly status: RunStatus }
  | { readonly type: 'snapshot-saved'; readonly id: string; readonly version: string }
  | { readonly type: 'log'; readonly level: 'debug' | 'info' | 'warn'; readonly message: string; readonly source?: string }
  | { readonly type: 'run-finished'; readonly status: RunStatus; readonly exit_code: number };
