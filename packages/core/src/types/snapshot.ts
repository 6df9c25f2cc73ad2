import type { SuiteName } from './config.js';
import type { ComponentState, Context, Finding, Restored } from './contracts.js';
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
  /** The {@link SnapshotPart} of this name; null where no plugin contributes it. */
  readonly terraform: Json;
  /** As `terraform`. */
  readonly helm_values: Json;
  /** As `terraform`. */
  readonly migrations: Json;
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
  /** Keys of the store, below `objects/`, that its parts point at; the name of each is the SHA-256 of its content. */
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

/** The fields of a snapshot that plugins fill, in the order in which they go back: what the others stand on comes first. */
export const PART_NAMES = ['terraform', 'migrations', 'helm_values'] as const;
/** The name of a part. */
export type PartName = (typeof PART_NAMES)[number];

/** What a part is at a moment. */
export interface CapturedPart<Value extends Json = Json> {
  /** What stands in the snapshot, and is all that `restore` is given: plain JSON, secrets by name. */
  readonly value: Value;
  /** Files beside the snapshot, by ending: `{ tfstate: '…' }` of the part `terraform` is `terraform-<timestamp>.tfstate`. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** Keys of the store, below `objects/`, that the value points at: kept as long as any snapshot names them. */
  readonly objects?: readonly string[];
}

/** The files of a part, as they were captured. */
export interface PartFiles {
  /** The file with that ending, checked and decrypted. Throws where there is none, or where it is not what it was. */
  read(ending: string): Promise<Buffer>;
}

/** What belongs to an environment besides its components, such as its infrastructure. Captured, admitted and restored like them. */
export interface SnapshotPart<Value extends Json = Json> {
  /** What is live; undefined where there is nothing to keep. Reads only. */
  capture(ctx: Context): Promise<CapturedPart<Value> | undefined> | CapturedPart<Value> | undefined;
  /** Can it go back to `value`, and does that do no harm? Reads only. */
  admit?(ctx: Context, value: Value, files: PartFiles): Promise<readonly Finding[]> | readonly Finding[];
  /** Makes it as `value` has it. Idempotent; `changed: false` where it was so already. */
  restore(ctx: Context, value: Value, files: PartFiles): Promise<Restored> | Restored;
  /** Is what is live what `value` was captured from, as far as is written down? Asks nothing that takes long. Absent: nobody can tell. */
  isLive?(ctx: Context, value: Value): Promise<boolean> | boolean;
  /** How what is live differs from `value`, a line each; none where it does not. Reads only. */
  compare?(ctx: Context, value: Value, files: PartFiles): Promise<readonly string[]> | readonly string[];
}

/** A part of any value. */
// biome-ignore lint/suspicious/noExplicitAny: as with AnyAction
export type AnySnapshotPart = SnapshotPart<any>;

/** `latest.json`. */
export interface LatestSnapshot {
  /** Its id. */
  readonly snapshot_id: string;
  /** Its version. */
  readonly version: string;
  /** ISO 8601 UTC. */
  readonly timestamp: string;
}
