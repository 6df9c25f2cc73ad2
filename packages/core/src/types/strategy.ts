import type { ComponentConfig } from './config.js';
import type { ComponentState, Context } from './contracts.js';
import type { FailureContext } from './failure.js';
import type { Snapshot } from './snapshot.js';

/** What a strategy is asked about. */
export interface StrategyQuestion {
  /** What went wrong, as far as it is known before it is decided upon. */
  readonly failure: FailureContext['failure'];
  /** The component that failed; absent where the failure is not of one. */
  readonly component?: ComponentConfig;
  /** All components of the config, by name. */
  readonly components: Readonly<Record<string, ComponentConfig>>;
  /** The components that this run has deployed, or begun to. */
  readonly deployed: readonly ComponentConfig[];
  /** What each of these would go back to; null: nothing. */
  readonly states: Readonly<Record<string, ComponentState | null>>;
  /** The verified snapshot that a rollback would go back to. */
  readonly target: Snapshot | null;
}

/**
 * A better way back than undoing a whole run. What it answers is part of the decision, so it is asked before,
 * only reads, and has 30 s; its plugin walks the way in the hook `rollback`, where `decision.via` and `scope` say which.
 * One that throws or never answers is told, and counts as no.
 */
export interface Strategy {
  /** Can traffic be switched back to what served before, so that nothing has to be restored first? */
  instant?(ctx: Context, question: StrategyQuestion): Promise<boolean> | boolean;
  /** Can the component that failed go back alone, while the rest of the run stays? Never asked about a core component. */
  partial?(ctx: Context, question: StrategyQuestion): Promise<boolean> | boolean;
}
