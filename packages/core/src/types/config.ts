import type { Json, JsonObject } from './json.js';

/** A place in a file the user wrote. Lines and columns start at 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The four suites, in the order in which they run. */
export const SUITES = ['smoke', 'acceptance', 'security', 'performance'] as const;
export type SuiteName = (typeof SUITES)[number];

/** `optimization.rollback`: what may be taken back, and by whom. */
export interface RollbackConfig {
  /** `false` switches every rollback off, as `--no-rollback` does. */
  readonly enabled: boolean;
  /** The flag that people may use besides `--no-auto-rollback`. */
  readonly skip_flag: string;
  /** CRITICAL and HIGH failures are taken back without a question. */
  readonly auto_on_failure: boolean;
  /** How many verified snapshots an environment keeps. */
  readonly snapshot_count: number;
  readonly partial_enabled: boolean;
  readonly instant_rollback: boolean;
  readonly preserve_data_migrations: boolean;
}

/** How a failed attempt is tried again. Delays grow exponentially and carry full jitter. */
export interface RetryConfig {
  /** Attempts after the first one. */
  readonly times: number;
  /** Only these failure types are tried again; all of them when absent. */
  readonly on?: readonly FailureType[];
  readonly delay_ms: number;
  readonly max_delay_ms: number;
}

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
export type FailureType = (typeof FAILURE_TYPES)[number];

/** How much care a run takes. */
export const LANES = ['docs', 'standard', 'heavy'] as const;
export type Lane = (typeof LANES)[number];

/** One deployable thing with a version. The driver's own fields are in `settings`. */
export interface ComponentConfig {
  readonly name: string;
  readonly driver: string;
  readonly version: string;
  readonly core: boolean;
  readonly depends_on: readonly string[];
  /** The fields that belong to the driver, checked against its schema. */
  readonly settings: JsonObject;
}

/** A line of the pipeline, before the plan resolves it. */
export interface StepConfig {
  readonly id: string;
  readonly name?: string;
  /** `plugin/action`, or `deploy`. */
  readonly uses: string;
  readonly component?: string;
  /** The action's input. `run:`, `undo:` and their like stand here for `shell/run`. */
  readonly with: JsonObject;
  /** Absent: the step above. Empty: nothing. */
  readonly needs?: readonly string[];
  /** Condition name to its argument; all must hold. */
  readonly when?: JsonObject;
  readonly retry?: RetryConfig;
  readonly timeout_ms?: number;
  readonly continue_on_error: boolean;
  readonly critical?: boolean;
  readonly position?: Position;
}

/** One thing verified: the name of a check kind and its argument, with what all checks share. */
export interface CheckConfig {
  readonly name: string;
  readonly kind: string;
  readonly with: JsonObject;
  readonly required: boolean;
  readonly timeout_ms: number;
  readonly retry: RetryConfig;
  readonly component?: string;
  readonly position?: Position;
}

/** A plugin as the config names it. */
export interface PluginReference {
  readonly reference: string;
  readonly options: JsonObject;
  /** `false` switches a default plugin off. */
  readonly enabled: boolean;
  readonly position?: Position;
}

/** The config, read, checked, merged with environment block, `SHIP_*` and flags, and frozen. */
export interface Config {
  /** Absolute path of the file. */
  readonly file: string;
  /** The folder of the file: relative paths start here. */
  readonly dir: string;
  readonly project: string;
  readonly environment: string;
  /** The names of all environments. */
  readonly environments: readonly string[];
  readonly approval: 'none' | 'required';
  readonly lane: Lane;
  readonly max_parallel: number;
  /** Names of environment variables that hold secrets, besides those whose name tells. */
  readonly secrets: readonly string[];
  readonly rollback: RollbackConfig;
  readonly rollback_timeout_ms: number;
  /** The name of the store that keeps journals, snapshots and leases. */
  readonly store: string;
  readonly plugins: readonly PluginReference[];
  readonly components: Readonly<Record<string, ComponentConfig>>;
  readonly steps: readonly StepConfig[];
  readonly verify: Readonly<Record<SuiteName, readonly CheckConfig[]>>;
  /** Sections that belong to plugins, by name (`alerts`, ...). */
  readonly sections: Readonly<Record<string, Json>>;
}
