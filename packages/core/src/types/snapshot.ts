import type { SuiteName } from './config.js';
import type { ComponentState } from './contracts.js';
import type { Json, JsonObject } from './json.js';

/** The state of an environment after a verified success. */
export interface Snapshot {
  readonly format: 1;
  readonly id: string;
  readonly project: string;
  readonly environment: string;
  readonly timestamp: string;
  readonly version: string;
  readonly git_sha: string | null;
  readonly run: string | null;
  readonly components: Readonly<Record<string, ComponentState>>;
  /** Parts that plugins contribute, by name. */
  readonly terraform: Json;
  readonly helm_values: Json;
  readonly migrations: Json;
  readonly config: JsonObject;
  /** true: passed; false: failed but not required; null: nothing to run. */
  readonly verification: Readonly<Record<SuiteName, boolean | null>>;
  readonly rollback_safe: boolean;
  readonly created_by: string;
  readonly notes: readonly string[];
}

/** `latest.json`. */
export interface LatestSnapshot {
  readonly snapshot_id: string;
  readonly version: string;
  readonly timestamp: string;
}
