import type { Change } from './change.js';
import type { ComponentConfig, Config, RetryConfig } from './config.js';
import type { JsonObject } from './json.js';
import type { Finding } from './restorable.js';

/** A step with everything resolved: its action, its input, what must be done before it. */
export interface Step {
  /** Its id in the config. */
  readonly id: string;
  /** For people, where the id does not say enough. */
  readonly name?: string;
  /** The name of its action, which is registered. */
  readonly uses: string;
  /** The component that it is about, whole. */
  readonly component?: ComponentConfig;
  /** The executor on which its commands run; absent: this machine. */
  readonly on?: string;
  /** Fits the schema of the action. */
  readonly input: JsonObject;
  /** The ids of steps that come before it; never of one that there is not. */
  readonly needs: readonly string[];
  /** Conditions by name, with their argument; all must hold. */
  readonly when?: JsonObject;
  /** Absent: one attempt. */
  readonly retry?: RetryConfig;
  /** Of one attempt, in milliseconds. */
  readonly timeout_ms: number;
  /** A failure is reported, and the run goes on. */
  readonly continue_on_error: boolean;
  /** Its failure is CRITICAL; otherwise HIGH. */
  readonly critical: boolean;
  /** What it leaves running on purpose when it has ended well: a service of its own. Absent: nothing. */
  readonly leaves?: 'service';
  /** Why it cannot be undone. */
  readonly irreversible?: string;
}

/** What a run will do. Pure data, frozen. */
export interface Plan {
  /** The config that it was made of. */
  readonly config: Config;
  /** In an order in which each step comes after what it needs. */
  readonly steps: readonly Step[];
  /** Components, dependencies first. */
  readonly components: readonly ComponentConfig[];
  /** What the kernel and plugins found in it; a `block` among them refuses the plan. */
  readonly findings: readonly Finding[];
}

/** One line of `--dry-run`. */
export interface PreviewedStep {
  /** The id of the step. */
  readonly id: string;
  /** The name of its action. */
  readonly uses: string;
  /** The name of its component. */
  readonly component?: string;
  /** The ids of steps that come before it. */
  readonly needs: readonly string[];
  /** What it would touch. */
  readonly changes: readonly Change[];
  /** How it would be undone, in words. */
  readonly undo: string;
  /** Why it cannot be undone. */
  readonly irreversible?: string;
}
