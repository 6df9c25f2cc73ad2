import type {
  ComponentConfig,
  Decision,
  Failure,
  FailureContext,
  Finding,
  Json,
  JsonObject,
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

/** What an entry is about: something that can be put back. No two of a run have the same. */
export type Subject =
  | { readonly kind: 'step' | 'component' | 'part'; readonly name: string }
  /** `name` is its id, which is its own among those of its type that the step made. */
  | { readonly kind: 'resource'; readonly name: string; readonly resource_type: string; readonly step: string };

/** Who works on a run. */
export interface Runner {
  readonly user: string;
  readonly host: string;
  readonly pid: number;
  /** Distinguishes one boot of the host from another. */
  readonly boot_id: string;
}

/** A step of the plan, as the journal names it. */
export interface PlannedStep {
  readonly id: string;
  readonly uses: string;
  readonly needs: readonly string[];
  readonly component?: string;
  /** The executor; absent: this machine. */
  readonly on?: string;
  /** What it leaves running on purpose. */
  readonly leaves?: 'service';
  /** Why it cannot be undone. */
  readonly irreversible?: string;
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
      /** In the words of who started it. */
      readonly reason?: string;
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
      /** In the words of who goes on. */
      readonly reason?: string;
      readonly owner: Runner;
      readonly token: number;
    }
  /** What is there, on disk before the step acts. Later attempts keep the first capture. */
  | {
      readonly type: 'intent';
      readonly act: 'run';
      readonly kind: 'step';
      readonly name: string;
      readonly uses: string;
      readonly attempt: number;
      readonly component?: string;
      readonly input: JsonObject;
      readonly before: Json;
    }
  /** It is about to be put back: `target` is what to, where that is not what the run captured; `before` what is there now. */
  | ({ readonly type: 'intent'; readonly act: 'restore'; readonly before?: Json; readonly target?: Json } & Subject)
  | { readonly type: 'result'; readonly kind: 'step'; readonly name: string; readonly result: Json }
  /** `changed: false`: there was nothing to put back. `kept`: why it could not be. */
  | ({ readonly type: 'restored'; readonly changed: boolean; readonly kept?: string } & Subject)
  /** `attempt` of a run; `retried`: another one follows. */
  | ({
      readonly type: 'failed';
      readonly act: 'run' | 'restore';
      readonly attempt?: number;
      readonly retried?: boolean;
      readonly error: ReportedError;
    } & Subject)
  | { readonly type: 'process'; readonly step: string; readonly process: ProcessIdentity }
  | { readonly type: 'created'; readonly step: string; readonly attempt: number; readonly resource: Resource }
  /** How far a step has come, by names of its own, such as those of hosts. A later value of a name replaces the one before. */
  | { readonly type: 'progress'; readonly step: string; readonly name: string; readonly value: Json }
  /** Somebody who was asked lets the run go on without it. */
  | { readonly type: 'step-tolerated'; readonly step: string }
  | { readonly type: 'step-skipped'; readonly step: string; readonly reason: string }
  | { readonly type: 'suite'; readonly phase: 'run' | 'rollback' | 'step'; readonly suite: SuiteName; readonly report: SuiteReport }
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
  | { readonly type: 'rollback-finished'; readonly report: RollbackReport }
  | { readonly type: 'snapshot'; readonly id: string }
  | { readonly type: 'interrupted'; readonly signal: string }
  | { readonly type: 'run-finished'; readonly status: RunStatus; readonly exit_code: number };

/** An entry with its place in the journal. */
export type JournalEntry = Entry & { readonly seq: number; readonly at: string };
