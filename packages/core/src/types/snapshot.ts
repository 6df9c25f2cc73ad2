import type { SuiteName } from './config.js';
import type { ComponentState } from './contracts.js';
import type { Json, JsonObject } from './json.js';

/** The state of an environment after a verified success. */
export interface Snapshot {
  /** Grows when a field changes its meaning. */
  readonly format: 1;
  /** `snapshot-` and its time; unique in a fleet, and sorts by time. */
  readonly id: string;
  /** Snapshots of another project are refused. */
  readonly project: string;
  /** Where it was taken. */
  readonly environment: string;
  /** ISO 8601 UTC. */
  readonly timestamp: string;
  /** That of the environment as a whole. */
  readonly version: string;
  /** The commit that was deployed, where git knows. */
  readonly git_sha: string | null;
  /** The id of the run that left it. */
  readonly run: string | null;
  /** What was live, by name. Secrets are references. */
  readonly components: Readonly<Record<string, ComponentState>>;
  /** Parts that plugins contribute, by name. */
  readonly terraform: Json;
  /** As `terraform`; null where no plugin contributes it. */
  readonly helm_values: Json;
  /** As `terraform`; null where no plugin contributes it. */
  readonly migrations: Json;
  /** What of the config goes back with the code: `components` and `verify`. */
  readonly config: JsonObject;
  /** true: passed; false: failed but not required; null: nothing to run. */
  readonly verification: Readonly<Record<SuiteName, boolean | null>>;
  /** What had to pass has passed, and every component was healthy. */
  readonly rollback_safe: boolean;
  /** The user who deployed. */
  readonly created_by: string;
  /** For people. */
  readonly notes: readonly string[];
}

/** `latest.json`. */
export interface LatestSnapshot {
  /** Its id. */
  readonly snapshot_id: string;
  /** Its version. */
  readonly version: string;
  /** ISO 8601 UTC. */
  readonly timestamp: string;
}
