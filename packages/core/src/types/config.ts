import type { FailureType, SeverityRules, SuiteName, Trigger } from './failure.js';
import type { Json, JsonObject } from './json.js';

/** A place in a file the user wrote. Lines and columns start at 1. */
export interface Position {
  /** The path as people see it: relative where the file is in or below the working folder. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

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
  /** `false`: never one component alone, whatever strategies there are. */
  readonly partial_enabled: boolean;
  /** `false`: never by switching traffic, whatever strategies there are. */
  readonly instant_rollback: boolean;
  /** Kept for plugins; the kernel does not act on it. */
  readonly preserve_data_migrations: boolean;
  /** Severities by trigger that differ from those of `ship`. */
  readonly severity: SeverityRules;
}

/** How a failed attempt is tried again. Delays grow exponentially and carry full jitter. */
export interface RetryConfig {
  /** Attempts after the first one. */
  readonly times: number;
  /** Only these failure types are tried again; all of them when absent. */
  readonly on?: readonly FailureType[];
  /** The most before the first retry, in milliseconds; doubled for each one after it. */
  readonly delay_ms: number;
  /** The most before any retry, in milliseconds. */
  readonly max_delay_ms: number;
}

/** How much care a run takes. */
export const LANES = ['docs', 'standard', 'heavy'] as const;
/** How much care a run takes. Kept for plugins; the kernel does not act on it. */
export type Lane = (typeof LANES)[number];

/** How much a component needs another one. */
export const DEPENDENCY_KINDS = ['HARD', 'SOFT', 'OPTIONAL', 'LAZY'] as const;
/**
 * How much a component needs another one. HARD: it cannot work without. SOFT: it works less well. OPTIONAL: it does
 * without. LAZY: it needs it once it is used, so that neither has to come first.
 */
export type DependencyKind = (typeof DEPENDENCY_KINDS)[number];

/** One deployable thing with a version. The driver's own fields are in `settings`. */
export interface ComponentConfig {
  /** Its key below `components:`, 1 to 63 letters, digits, `.`, `_` or `-`. */
  readonly name: string;
  /** The name of its driver. */
  readonly driver: string;
  /** The version to deploy. */
  readonly version: string;
  /** Others depend on it by its nature: it never goes back alone. */
  readonly core: boolean;
  /** The names of components that come before it: those of its dependencies that are not LAZY. */
  readonly depends_on: readonly string[];
  /** Every component that it depends on, and how much. */
  readonly dependencies: Readonly<Record<string, DependencyKind>>;
  /** Ranges of versions, by the name of a dependency; what is in none of them does not fit. */
  readonly compatible_with: Readonly<Record<string, string>>;
  /** The name of the interface that it offers: two versions with the same one are interchangeable. Absent: the versions decide. */
  readonly contract?: string;
  /** What weighs traffic between its versions; absent: what its driver brings, if anything. */
  readonly router?: RouterConfig;
  /** The fields that belong to the driver, checked against its schema. */
  readonly settings: JsonObject;
}

/** A router, as a component names it: `router: edge`, or `router: { edge: { … } }`. */
export interface RouterConfig {
  /** The name that its plugin gave it. */
  readonly name: string;
  /** The fields that belong to it, checked against its schema. */
  readonly settings: JsonObject;
}

/** A line of the pipeline, before the plan resolves it. */
export interface StepConfig {
  /** 1 to 63 letters, digits, `.`, `_` or `-`; no other step has it. */
  readonly id: string;
  /** For people, where the id does not say enough. */
  readonly name?: string;
  /** `plugin/action`, or `deploy`. */
  readonly uses: string;
  /** The name of the component that the step is about. */
  readonly component?: string;
  /** The name of the executor that its commands run on; absent: this machine. */
  readonly on?: string;
  /** The action's input. `run:`, `undo:` and their like stand here, too. */
  readonly with: JsonObject;
  /** Absent: the step above. Empty: nothing. */
  readonly needs?: readonly string[];
  /** Condition name to its argument; all must hold. */
  readonly when?: JsonObject;
  /** Absent: one attempt. */
  readonly retry?: RetryConfig;
  /** Of one attempt, in milliseconds. Absent: half an hour. */
  readonly timeout_ms?: number;
  /** A failure is reported, and the run goes on. */
  readonly continue_on_error: boolean;
  /** Absent: what the action says, and otherwise true. */
  readonly critical?: boolean;
  /** What it leaves running on purpose. Absent: nothing, and what it leaves all the same is ended. */
  readonly leaves?: 'service';
  /** Where the step stands. */
  readonly position?: Position;
}

/** One thing verified: the name of a check kind and its argument, with what all checks share. */
export interface CheckConfig {
  /** For people and for the log; made of kind and argument where none is written. */
  readonly name: string;
  /** The name of the kind, such as `http`. */
  readonly kind: string;
  /** The kind with its argument, and `expect`, as the schema of the kind has them. */
  readonly with: JsonObject;
  /** `false`: a failure is a warning. */
  readonly required: boolean;
  /** Of one attempt, in milliseconds. */
  readonly timeout_ms: number;
  /** Attempts after the first one; `times: 0` where none is written. */
  readonly retry: RetryConfig;
  /** How often it is measured, and the pause between two measurements. Absent: once. */
  readonly repeat?: { readonly times: number; readonly every_ms: number };
  /** How many measurements may end so. Absent: none. */
  readonly limits?: Readonly<Partial<Record<'failed' | 'errored' | 'inconclusive', number>>>;
  /** What a failure of it sets off. Absent: what its kind says, else what its suite does. */
  readonly trigger?: Trigger;
  /** The name of the component that the check is about. */
  readonly component?: string;
  /** Where the check stands. */
  readonly position?: Position;
}

/** A plugin as the config names it. */
export interface PluginReference {
  /** A name, a package, or a path that starts with a dot. */
  readonly reference: string;
  /** As written; checked against the plugin's schema before it is set up. */
  readonly options: JsonObject;
  /** `false` switches a default plugin off. */
  readonly enabled: boolean;
  /** Where the reference stands; absent for plugins that are on without being listed. */
  readonly position?: Position;
}

/** The config, read, checked, merged with environment block, `SHIP_*` and flags, and frozen. */
export interface Config {
  /** Absolute path of the file. */
  readonly file: string;
  /** The folder of the file: relative paths start here. */
  readonly dir: string;
  /** It stands in snapshots: those of another project are refused. */
  readonly project: string;
  /** The environment of this run. */
  readonly environment: string;
  /** The names of all environments. */
  readonly environments: readonly string[];
  /** `required`: somebody says yes before anything is touched. */
  readonly approval: 'none' | 'required';
  /** Kept for plugins. */
  readonly lane: Lane;
  /** How many independent steps run side by side, 1 to 64. */
  readonly max_parallel: number;
  /** Names of environment variables that hold secrets, besides those whose name says so. */
  readonly secrets: readonly string[];
  /** `optimization.rollback`, with its defaults. */
  readonly rollback: RollbackConfig;
  /** For a whole rollback, in milliseconds. */
  readonly rollback_timeout_ms: number;
  /** The name of the store that keeps journals, snapshots and leases. */
  readonly store: string;
  /** As listed, with those that are switched off. */
  readonly plugins: readonly PluginReference[];
  /** By name. */
  readonly components: Readonly<Record<string, ComponentConfig>>;
  /** In the order of the file. */
  readonly steps: readonly StepConfig[];
  /** The checks of each suite, in their order; a suite without checks is empty. */
  readonly verify: Readonly<Record<SuiteName, readonly CheckConfig[]>>;
  /** How long the smoke suite is asked again after a success, before the success counts. Absent: not at all. */
  readonly bake?: { readonly for_ms: number; readonly every_ms: number };
  /** Sections that belong to plugins, by name (`alerts`, ...). */
  readonly sections: Readonly<Record<string, Json>>;
}
