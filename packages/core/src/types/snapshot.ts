import type { SuiteName } from './failure.js';
import type { Json, JsonObject } from './json.js';
import type { ComponentState } from './restorable.js';

/** The state of an environment after a verified success. */
export interface Snapshot {
  /** Grows when a field changes its meaning. */
  readonly format: 2;
  /** `snapshot-`, its time, and the number of its run, by which snapshots are ordered: see `byOrder`. */
  readonly id: string;
  /** Snapshots of another project are refused. */
  readonly project: string;
  /** Where it was taken. */
  readonly environment: string;
  /** ISO 8601 UTC. */
  readonly timestamp: string;
  /** That of the environment as a whole. */
  readonly version: string;
  /** The commit that was deployed, where that is known. */
  readonly git_sha: string | null;
  /** The id of the run that left it. */
  readonly run: string | null;
  /** What was live, by name. Secrets are references. */
  readonly components: Readonly<Record<string, ComponentState>>;
  /** What else the environment had, by the name of the {@link SnapshotPart}: what its plugin needs to put it back. */
  readonly parts: Readonly<Record<string, Json>>;
  /** What of the config goes back with the code: `components` and `verify`. */
  readonly config: JsonObject;
  /** true: passed; false: failed but not required; null: nothing to run. */
  readonly verification: Readonly<Record<SuiteName, boolean | null>>;
  /** What had to pass has passed, and every component was healthy. */
  readonly rollback_safe: boolean;
  /** The user who deployed. */
  readonly created_by: string;
  /** What lies beside it, by the name of the file. Absent in snapshots of before. */
  readonly files?: Readonly<Record<string, SnapshotFile>>;
  /** Keys of the store, below `objects/`, that its parts and components point at; the name of each is the SHA-256 of its content. */
  readonly objects?: readonly string[];
  /** For people. */
  readonly notes: readonly string[];
}

/** A file beside a snapshot. */
export interface SnapshotFile {
  /** Of the bytes as they lie there, in hex. */
  readonly sha256: string;
  /** In bytes. */
  readonly size: number;
  /** It is encrypted. */
  readonly sealed?: true;
}

/** What a part is at a moment. */
export interface CapturedPart<Value extends Json = Json> {
  /** What stands in the snapshot, and is all that `restore` is given: plain JSON, secrets by name. */
  readonly value: Value;
  /** Files beside the snapshot, by ending: `{ state: '…' }` of the part `infra` is `infra-<timestamp>.state`. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** Keys of the store, below `objects/`, that the value points at: kept as long as any snapshot names them. */
  readonly objects?: readonly string[];
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
