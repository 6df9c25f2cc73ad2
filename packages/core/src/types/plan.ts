import type { ComponentConfig, Config, RetryConfig } from './config.js';
import type { Change, Finding } from './contracts.js';
import type { JsonObject } from './json.js';

/** A step with everything resolved: its action, its input, what must be done before it. */
export interface Step {
  readonly id: string;
  readonly name?: string;
  readonly uses: string;
  readonly component?: ComponentConfig;
  readonly input: JsonObject;
  readonly needs: readonly string[];
  readonly when?: JsonObject;
  readonly retry?: RetryConfig;
  readonly timeout_ms: number;
  readonly continue_on_error: boolean;
  readonly critical: boolean;
  /** Why it cannot be undone. */
  readonly irreversible?: string;
}

/** What a run will do. Pure data, frozen. */
export interface Plan {
  readonly config: Config;
  /** In an order in which each step comes after what it needs. */
  readonly steps: readonly Step[];
  /** Components, dependencies first. */
  readonly components: readonly ComponentConfig[];
  readonly findings: readonly Finding[];
}

/** One line of `--dry-run`. */
export interface PreviewedStep {
  readonly id: string;
  readonly uses: string;
  readonly component?: string;
  readonly needs: readonly string[];
  readonly changes: readonly Change[];
  readonly undo: string;
  readonly irreversible?: string;
}
