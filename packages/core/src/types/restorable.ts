import type { Position } from './config.js';
import type { Json } from './json.js';

/** What is true after a crash or a failure: nothing happened, some of it, all of it. */
export type Probed = 'untouched' | 'partial' | 'done';

/** The answer of a restore. `changed: false` means that everything was already as captured. */
export interface Restored {
  /** `false`: everything was already as captured. */
  readonly changed: boolean;
  /** One line for the report, such as `worker back at v1`. */
  readonly summary?: string;
  /** Nothing could be put back because the step gave no way to; says so in the report. */
  readonly kept?: string;
}

/** A finding of `plan` or of an admission check. `block` is never overridden, `warn` by `--force-rollback`. */
export interface Finding {
  /** `block` refuses, `warn` refuses what a person asked for without `--force-rollback`, `info` is reported. */
  readonly level: 'info' | 'warn' | 'block';
  /** The rule, such as `irreversible-last`. */
  readonly rule: string;
  /** One sentence for people. Redacted. */
  readonly message: string;
  /** Where in the config, if it is about a part of it. */
  readonly position?: Position;
  /** Who found it. */
  readonly plugin?: string;
}

/** The state of one component, as a snapshot keeps it. */
export interface ComponentState<State extends Json = Json> {
  /** The version that is live. */
  readonly version: string;
  /** What runs, where it is an image. */
  readonly image?: string;
  /** How many of it run, where that is known. */
  readonly replicas?: number;
  /** Differs where the config of the component does; compared, never read. */
  readonly config_hash: string;
  /** Whether it serves as it should, now. */
  readonly healthy: boolean;
  /** What the driver needs to restore exactly this. */
  readonly driver: State;
  /** Keys of the store, below `objects/`, that `driver` points at: kept as long as a snapshot has this state, or a run may go back to it. */
  readonly objects?: readonly string[];
}
