import type { Config } from './config.js';
import type { Context } from './context.js';
import type { ShipEvent } from './events.js';
import type { Decision, Failure } from './failure.js';
import type { Plan } from './plan.js';
import type { ComponentReport, PartReport, RollbackReport, VerificationReport, Way } from './report.js';
import type { ComponentState, Finding } from './restorable.js';
import type { CapturedPart, Snapshot } from './snapshot.js';
import type { Store } from './store.js';

/** What the hooks of a run are given besides their subject. */
export interface RunContext extends Context {
  /** The config, frozen. */
  readonly config: Config;
  /** What the run does. */
  readonly plan: Plan;
  /** The command line, redacted. */
  readonly command: string;
  /** Why, in the words of who started it, or goes on with it. */
  readonly reason?: string;
  /** Where journals, snapshots and leases live. */
  readonly store: Store;
  /** Adds a fact, such as `branch`, for conditions and reports. */
  fact(name: string, value: string): void;
  /** What is live, asked of each component's driver. Components that were never deployed are absent. */
  describeComponents(): Promise<Readonly<Record<string, ComponentState>>>;
  /** What is live of everything else, asked of each part's plugin. */
  captureParts(): Promise<CapturedParts>;
  /** Reports what happened to view, log and metrics. */
  announce(event: ShipEvent): void;
  /** The verified snapshot that a rollback of this run would go back to. */
  readonly target: Snapshot | null;
}

/** What an environment has besides its components, at a moment. */
export interface CapturedParts {
  /** By name; a part that has nothing to keep is absent. */
  readonly parts: Readonly<Record<string, CapturedPart>>;
  /** What could not be captured, and why: what is kept without it is not whole. */
  readonly problems: readonly string[];
}

/** What is to be rolled back: what admission, strategies and `beforeRollback` look at. */
export interface RollbackRequest {
  /** Which of the ways back this is; those after it follow where it is refused, or fails. */
  readonly way: Way;
  /** The whole run, or `component` alone. */
  readonly scope: 'full' | 'partial';
  /** What is restored: what the steps of the run captured, or what the target holds. */
  readonly to: 'captures' | 'snapshot';
  /** The name of the component that is to go back alone. */
  readonly component?: string;
  /** The verified snapshot to go back to; null where there is none. */
  readonly target: Snapshot | null;
  /** What is to be live afterwards of each component that goes back; null: nothing. */
  readonly states: Readonly<Record<string, ComponentState | null>>;
  /** What went wrong; null where a person asked without a failure. */
  readonly failure: Failure | null;
  /** Why it is rolled back; null while it is being decided. `via` is `instant` for the way `instant` alone. */
  readonly decision: Decision | null;
  /** The names of all components that this run has deployed, or begun to. */
  readonly deployed: readonly string[];
  /**
   * The kernel's own restore of all that the request names: what the run captured, or what the target holds. Idempotent,
   * and never throws: what is left stands in the outcome. Only while the strategy's `rollback` is under way.
   */
  restore(): Promise<Outcome>;
}

/** What a strategy has put back. */
export interface Outcome {
  /** In the order in which they went back. */
  readonly components: readonly ComponentReport[];
  /** What is left, and the commands that finish it. Where there is anything, the next way follows. */
  readonly remaining: RollbackReport['remaining'];
  /** What an environment has besides its components. */
  readonly parts?: readonly PartReport[];
  /** What is to be known about it. */
  readonly findings?: readonly Finding[];
  /** What the strategy has verified itself; where it is absent, the kernel verifies. */
  readonly verification?: VerificationReport;
  /** How far it went, where that is further than was asked for. */
  readonly scope?: 'full' | 'partial';
  /** The snapshot that it went back to, where the kernel cannot know. */
  readonly target_snapshot?: string | null;
}

/**
 * A way back. The kernel has one for each way but `instant`: it restores what the request names. What plugins bring is
 * tried before it, in the order of their registration. One that throws, or answers nonsense, is reported and counts as
 * failed: restores are idempotent, and the next one follows.
 */
export interface Strategy {
  /** `instant`: traffic first. `partial`: the component that failed alone. `full`, `undo`: everything. */
  readonly way: Way;
  /**
   * Can it take that back? `true`, or `false`, or why not. Asked before it is decided what becomes of a failure, and again
   * before it is used; only reads, and has 30 s. One that throws is reported, and counts as no.
   */
  applies(run: RunContext, request: RollbackRequest): Promise<boolean | string> | boolean | string;
  /** Does it. `request.restore()` does what the kernel would. */
  rollback(run: RunContext, request: RollbackRequest): Promise<Outcome> | Outcome;
}
