import type {
  ComponentConfig,
  Decision,
  Failure,
  FailureContext,
  Finding,
  Json,
  JsonObject,
  PartName,
  ProcessIdentity,
  ReportedError,
  Resource,
  RollbackReport,
  RunStatus,
  SuiteName,
  SuiteReport,
  Way,
} from '../types/index.js';

/** Where a run goes: on to the end of its plan, or back to what was there before it. */
export type Direction = 'forward' | 'back';

/** What tells a resource from all others that a step made. */
export type ResourceName = Pick<Resource, 'type' | 'id'>;

/** Who works on a run. */
export interface Runner {
  readonly user: string;
  readonly host: string;
  readonly pid: number;
  /** Tells one boot of the host from another. */
  readonly boot_id: string;
}

/** A step of the plan, as the journal names it. */
export interface PlannedStep {
  readonly id: string;
  readonly uses: string;
  readonly needs: readonly string[];
  readonly component?: string;
  /** Of all that the step would do, so that a changed plan is noticed. */
  readonly hash: string;
}

/** One record of a run, as it is written. */
export type Entry =
  | {
      readonly type: 'run-started';
      readonly run: string;
      readonly project: string;
      readonly environment: string;
      readonly command: string;
      readonly owner: Runner;
      readonly token: number;
      readonly plan: readonly PlannedStep[];
      /** The components as the plan had them: a recovery needs them although the config may have changed. */
      readonly components: readonly ComponentConfig[];
      readonly target_snapshot: string | null;
    }
  /** Somebody goes on with a run that had ended, or was cut off. */
  | {
      readonly type: 'recovery-started';
      readonly direction: Direction;
      readonly command: string;
      readonly owner: Runner;
      readonly token: number;
    }
  /** What is there, on disk before the step acts. Later attempts keep the first capture. */
  | {
      readonly type: 'intent';
      readonly step: string;
      readonly uses: string;
      readonly attempt: number;
      readonly component?: string;
      readonly input: JsonObject;
      readonly before: Json;
    }
  | { readonly type: 'process'; readonly step: string; readonly process: ProcessIdentity }
  | { readonly type: 'created'; readonly step: string; readonly attempt: number; readonly resource: Resource }
  | { readonly type: 'attempt-failed'; readonly step: string; readonly attempt: number; readonly error: ReportedError }
  | { readonly type: 'result'; readonly step: string; readonly result: Json }
  | { readonly type: 'step-failed'; readonly step: string; readonly attempt: number; readonly error: ReportedError }
  /** Somebody who was asked lets the run go on without it. */
  | { readonly type: 'step-tolerated'; readonly step: string }
  | { readonly type: 'step-skipped'; readonly step: string; readonly reason: string }
  | { readonly type: 'suite'; readonly phase: 'run' | 'rollback'; readonly suite: SuiteName; readonly report: SuiteReport }
  | { readonly type: 'failure'; readonly failure: Failure }
  | { readonly type: 'evidence'; readonly name: string; readonly text: string }
  /** With all that it was made of, so that it can be made again. Absent in journals of before. */
  | { readonly type: 'decision'; readonly decision: Decision; readonly context?: FailureContext }
  | {
      readonly type: 'rollback-started';
      /** Absent in journals of before there was more than one. */
      readonly way?: Way;
      readonly scope: 'full' | 'partial';
      /** The one that goes back alone. */
      readonly component?: string;
      readonly target_snapshot: string | null;
      readonly findings: readonly Finding[];
    }
  | { readonly type: 'undo-intent'; readonly step: string }
  | { readonly type: 'undone'; readonly step: string; readonly changed: boolean; readonly kept?: string }
  | { readonly type: 'undo-failed'; readonly step: string; readonly error: ReportedError }
  | { readonly type: 'remove-intent'; readonly step: string; readonly resource: ResourceName }
  /** `changed: false`: it was gone already, or the undo of its step has taken it away. */
  | { readonly type: 'removed'; readonly step: string; readonly resource: ResourceName; readonly changed: boolean }
  | { readonly type: 'remove-failed'; readonly step: string; readonly resource: ResourceName; readonly error: ReportedError }
  | { readonly type: 'component-intent'; readonly component: string; readonly before: Json; readonly target: Json }
  | { readonly type: 'component-restored'; readonly component: string; readonly changed: boolean }
  | { readonly type: 'component-failed'; readonly component: string; readonly error: ReportedError }
  | { readonly type: 'part-intent'; readonly part: PartName; readonly target: Json }
  | { readonly type: 'part-restored'; readonly part: PartName; readonly changed: boolean }
  | { readonly type: 'part-failed'; readonly part: PartName; readonly error: ReportedError }
  | { readonly type: 'rollback-finished'; readonly report: RollbackReport }
  | { readonly type: 'snapshot'; readonly id: string }
  | { readonly type: 'interrupted'; readonly signal: string }
  | { readonly type: 'run-finished'; readonly status: RunStatus; readonly exit_code: number };

/** An entry with its place in the journal. */
export type JournalEntry = Entry & { readonly seq: number; readonly at: string };
