import type { Resource } from './change.js';
import type { Decision, Evidence, Failure, SuiteName } from './failure.js';
import type { Json } from './json.js';
import type { PreviewedStep } from './plan.js';
import type { Finding } from './restorable.js';
import type { Snapshot } from './snapshot.js';

/** How a run ended. `refused`: by a rule, before anything was touched or before anything was taken back. */
export type RunStatus = 'succeeded' | 'rolled_back' | 'failed' | 'rollback_incomplete' | 'refused' | 'interrupted';
/** How a step ended. A failed step that was undone is `undone`; one that never began is `not_run`. */
export type StepStatus = 'done' | 'failed' | 'skipped' | 'undone' | 'undo_failed' | 'not_run';

/** An error as people and `--json` see it; every text is redacted. */
export interface ReportedError {
  /** `SHIP_` and upper case; SHIP_UNEXPECTED where the error has none. */
  readonly code: string;
  /** What happened, with the user's own value. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  /** The page that explains the code. */
  readonly docs?: string;
  /** `file:line:column`, where the error is in something the user wrote. */
  readonly at?: string;
  /** The step, or `plugin/hook`, that it came from. */
  readonly source?: string;
  /** The message of the error below it. */
  readonly cause?: string;
}

/** One attempt of a step that failed. */
export interface FailedAttempt {
  /** From 1. */
  readonly attempt: number;
  /** What it failed with. */
  readonly error: ReportedError;
}

/** A resource, who made it, and why it is still there. */
export interface ReportedResource extends Resource {
  /** The id of the step that noted it; `run` where it was a hook. */
  readonly step: string;
  /** Why it could not be removed. */
  readonly error?: ReportedError;
}

/** What became of one step. */
export interface StepReport {
  /** The id of the step. */
  readonly id: string;
  /** The name of its action. */
  readonly uses: string;
  /** The name of its component. */
  readonly component?: string;
  /** How it ended. */
  readonly status: StepStatus;
  /** All attempts and the pauses between them, in milliseconds. */
  readonly duration_ms: number;
  /** 0 where it never acted. */
  readonly attempts: number;
  /** Why it was skipped, or why its undo left something. */
  readonly reason?: string;
  /** What it failed with. */
  readonly error?: ReportedError;
  /** What each attempt failed with, where there was more than one. */
  readonly failed_attempts?: readonly FailedAttempt[];
}

/** What became of one check. */
export interface CheckReport {
  /** The name of the check. */
  readonly name: string;
  /** `errored`: it could not be asked. `inconclusive`: the answer proves nothing, such as no data. */
  readonly outcome: 'passed' | 'failed' | 'errored' | 'inconclusive';
  /** `false`: its failure is a warning. */
  readonly required: boolean;
  /** How often it was asked, from 1. */
  readonly attempts: number;
  /** All attempts and the pauses between them, in milliseconds. */
  readonly duration_ms: number;
  /** How often it was measured, where that was more than once, and with which outcomes. */
  readonly measured?: Readonly<Partial<Record<'passed' | 'failed' | 'errored' | 'inconclusive', number>>>;
  /** What was found, redacted. */
  readonly detail?: string;
}

/** What became of one suite. */
export interface SuiteReport {
  /** `failed` where a required check did not pass, or not all were asked. */
  readonly outcome: 'passed' | 'failed';
  /** In milliseconds. */
  readonly duration_ms: number;
  /** Those that were asked, in their order. */
  readonly checks: readonly CheckReport[];
}

/** Suites that ran. A suite with no checks is absent. */
export type VerificationReport = Partial<Record<SuiteName, SuiteReport>>;

/** What a rollback made of one component. */
export interface ComponentReport {
  /** The name of the component. */
  readonly name: string;
  /** Version before the rollback; null where nothing was live. */
  readonly from: string | null;
  /** Version after the rollback; null where nothing is to be live. */
  readonly to: string | null;
  /** `unchanged`: it was already as it should be. */
  readonly status: 'restored' | 'unchanged' | 'failed';
  /** In milliseconds. */
  readonly duration_ms: number;
  /** Why it is not back. */
  readonly error?: ReportedError;
}

/** What a rollback made of a part of the environment besides its components. */
export interface PartReport {
  /** Its name in the snapshot. */
  readonly name: string;
  /** `unchanged`: it was already as it should be. */
  readonly status: 'restored' | 'unchanged' | 'failed';
  /** One line, such as `2 resources changed`. */
  readonly detail?: string;
  /** In milliseconds. */
  readonly duration_ms: number;
  /** Why it is not back. */
  readonly error?: ReportedError;
}

/** The ways back, in the order in which they are tried: the quickest first. */
export const WAYS = ['instant', 'partial', 'full', 'undo'] as const;
/**
 * A way back. `instant` switches traffic, then undoes the rest of the run; `partial` takes one component back; `full`
 * makes the environment as it was when it was last verified; `undo` makes it as it was before the run.
 */
export type Way = (typeof WAYS)[number];

/** A way that was tried, and how that ended. */
export interface TriedWay {
  /** Which one. */
  readonly way: Way;
  /** The strategy of a plugin that did it; absent where the kernel did. */
  readonly strategy?: string;
  /** `refused`: by the admission; `unavailable`: there is nothing here that could do it. */
  readonly outcome: 'done' | 'failed' | 'refused' | 'unavailable';
  /** Why it was not done. */
  readonly reason?: string;
  /** In milliseconds. */
  readonly duration_ms: number;
}

/** Where the time went, in milliseconds. */
export interface RollbackTiming {
  /** From the failure until it was decided; 0 where a person asked for it. */
  readonly decision_ms: number;
  /** Admission. */
  readonly admission_ms: number;
  /** What was put back, of all ways that were tried. */
  readonly execution_ms: number;
  /** Proof and checks. */
  readonly verification_ms: number;
}

/** What a rollback did. What is optional here is filled by the kernel where a plugin did the rollback. */
export interface RollbackReport {
  /** How far it went, which may be further than was asked for. */
  readonly scope: 'full' | 'partial' | 'none';
  /** The way that was taken in the end. */
  readonly way?: Way;
  /** The snapshot that was gone back to; null where what the run captured was restored and is in none. */
  readonly target_snapshot: string | null;
  /** What is to know about it. */
  readonly target?: Pick<Snapshot, 'id' | 'version' | 'timestamp' | 'verification'> | null;
  /** Every way that was tried, in its order; the last one is the one that was taken. */
  readonly tried?: readonly TriedWay[];
  /** The infrastructure and its like; empty where there is none, or the run's own steps took it back. */
  readonly parts?: readonly PartReport[];
  /** Steps whose effects are in no snapshot, and so stay when one is gone back to. Absent: none. */
  readonly untouched?: readonly string[];
  /** Where the time went. */
  readonly timing?: RollbackTiming;
  /** In the order in which they were taken back. */
  readonly components: readonly ComponentReport[];
  /** What the admission found; none of it kept the rollback from its work. */
  readonly findings: readonly Finding[];
  /** What was verified afterwards. */
  readonly verification: VerificationReport;
  /** Commands that finish what the rollback could not. */
  readonly remaining: readonly { readonly what: string; readonly command?: string; readonly error: ReportedError }[];
  /** In milliseconds. */
  readonly duration_ms: number;
}

/** The one document of `--json`, and `report.json` of the run. Times in ISO 8601 UTC, durations in ms. */
export interface Report {
  /** Grows when a field changes its meaning. */
  readonly format: 1;
  /** The verb: `deploy` where none was given. */
  readonly command: string;
  /** The id of the run; null where none was started. */
  readonly run: string | null;
  /** null where no config was read. */
  readonly project: string | null;
  /** null where no config was read. */
  readonly environment: string | null;
  /** Why it was started, in the words of who did. */
  readonly reason?: string;
  /** What the run was to deploy, by component. */
  readonly versions?: Readonly<Record<string, string>>;
  /** How it ended. */
  readonly status: RunStatus;
  /** The exit status of the command. */
  readonly exit_code: number;
  /** When the command began. */
  readonly started_at: string;
  /** In milliseconds. */
  readonly duration_ms: number;
  /** true for `--dry-run`. */
  readonly dry_run?: boolean;
  /** What `--dry-run` shows. */
  readonly plan?: readonly PreviewedStep[];
  /** With --dry-run: what would be asked before anything is touched. */
  readonly questions?: readonly string[];
  /** One for each step of the plan, in its order. */
  readonly steps: readonly StepReport[];
  /** What went wrong, judged. A MEDIUM one stands here although the run succeeded. */
  readonly failure: Failure | null;
  /** What was decided about it, and why. */
  readonly decision: Decision | null;
  /** What the rollback did; null where there was none. */
  readonly rollback: RollbackReport | null;
  /** Suites that ran, by name. */
  readonly verification: VerificationReport;
  /** What plugins gathered about the failures, before anything was undone. */
  readonly evidence: readonly Evidence[];
  /** What steps made, and what became of it. `kept` holds what was reused, too; `orphans` is what could not be removed. */
  readonly resources: {
    readonly created: readonly ReportedResource[];
    readonly removed: readonly ReportedResource[];
    readonly kept: readonly ReportedResource[];
    readonly orphans: readonly ReportedResource[];
  };
  /** Id of the snapshot that this run left. */
  readonly snapshot: string | null;
  /** Errors that are of no step: of plugins, of the store, of the command line. */
  readonly errors: readonly ReportedError[];
  /** For people, redacted. */
  readonly warnings: readonly string[];
  /** What a verb such as `snapshots list` answers. */
  readonly result?: Json;
}

/** What somebody needs who looks into a failed run before it is decided what becomes of it. */
export interface InterventionGuide {
  /** What went wrong. */
  readonly failure: Failure;
  /** What plugins gathered about it. */
  readonly evidence: readonly Evidence[];
  /** Each step, as far as it came. */
  readonly steps: readonly StepReport[];
  /** What stands because steps of this run made it. */
  readonly resources: readonly ReportedResource[];
  /** Where the journal is: a path, or its key in the store. */
  readonly journal: string;
  /** The folder with the output of the steps. */
  readonly logs: string;
  /** What can be done about it later, and by which command. */
  readonly commands: readonly { readonly command: string; readonly does: string }[];
}
