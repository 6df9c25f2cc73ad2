import type { Resource } from './change.js';
import type { Report, RunStatus } from './report.js';
import type { ComponentState } from './restorable.js';
import type { Snapshot } from './snapshot.js';
import type { LeaseHolder } from './store.js';

/** What is deployed in an environment, as `deployed-version.json` has it. */
export interface DeployedVersion {
  /** That of the environment as a whole. */
  readonly version: string;
  /** Versions by component. */
  readonly components: Readonly<Record<string, string>>;
  /** The run that left it so. */
  readonly run: string;
  /** The snapshot that it is as; null where it is as none. */
  readonly snapshot: string | null;
  /** ISO 8601 UTC. */
  readonly at: string;
}

/** `running`: it holds the lease. `unknown`: what it wrote cannot be read. */
export type ListedStatus = RunStatus | 'running' | 'unknown';

/** A run as it is listed. */
export interface ListedRun {
  /** Its id. */
  readonly run: string;
  /** Its verb; null where nothing says. */
  readonly command: string | null;
  /** Why it was started, in the words of who did. */
  readonly given_reason?: string;
  /** What it was to deploy, or went back from, by component. */
  readonly versions: Readonly<Record<string, string>>;
  /** What it went back to, by component; null: nothing. */
  readonly back: Readonly<Record<string, string | null>>;
  /** Steps and checks that failed, and that it did without. */
  readonly without: readonly string[];
  /** How it ended, or how it stands. */
  readonly status: ListedStatus;
  /** ISO 8601 UTC. */
  readonly started_at: string;
  /** null where nobody knows when its process died. */
  readonly duration_ms: number | null;
  /** Why it did not succeed. */
  readonly reason: string | null;
  /** Why it cannot be read. */
  readonly problem?: string;
}

/** A run, and what it left. */
export interface NewestRun extends ListedRun {
  /** As it was typed, redacted. */
  readonly command_line: string | null;
  /** Who ran it. */
  readonly by: { readonly user: string; readonly host: string; readonly pid: number } | null;
  /** What it made, and stands. */
  readonly kept: readonly Resource[];
  /** What it could not remove. */
  readonly orphans: readonly Resource[];
}

/** How an environment stands. */
export interface EnvironmentStatus {
  /** Who deploys now. */
  readonly holder: LeaseHolder | null;
  /** What is written down as deployed. */
  readonly deployed: DeployedVersion | null;
  /** The newest run. */
  readonly last_run: NewestRun | null;
  /** The run that waits for `ship recover`, and why. */
  readonly recover: { readonly run: string; readonly reason: string } | null;
  /** What of the state cannot be read. */
  readonly problems: readonly string[];
}

/** One page of a list that is newest first. */
export interface Page {
  /** How many at most. Default 20. */
  readonly limit?: number;
  /** Only what is older than the thing with this id: the last one of the page before. */
  readonly before?: string;
}

/** What happened in the environment, and how it stands: for views, metrics and alerts. Reads only. */
export interface History {
  /** Runs, newest first. One that cannot be read says so, and hides no other. */
  runs(page?: Page): Promise<readonly ListedRun[]>;
  /** The report of a run; undefined where there is none, or none that can be read. */
  report(run: string): Promise<Report | undefined>;
  /** Who deploys, what is deployed, how the last run ended, and whether it waits to be recovered. */
  status(): Promise<EnvironmentStatus>;
  /** Snapshots, newest first; none where no plugin keeps any. */
  snapshots(page?: Page): Promise<readonly Snapshot[]>;
  /** What is live now, asked of each component's driver, with references for secrets. Components that were never deployed are absent. */
  live(): Promise<Readonly<Record<string, ComponentState>>>;
}
