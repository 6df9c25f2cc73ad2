import type { Snapshot } from '@ship/core';

/** What a list shows of a snapshot, and many have in common. */
export type Common = Pick<Snapshot, 'project' | 'environment' | 'verification' | 'rollback_safe' | 'created_by'> & {
  /** The names of its components. */
  readonly names: readonly string[];
  /** The names of the parts that it holds. */
  readonly parts: readonly string[];
};

/** What a list shows of a snapshot. */
export type Listed = Pick<Snapshot, 'id' | 'version' | 'timestamp' | 'git_sha'> & {
  /** One object for all that have the same, as far as that is known. */
  readonly common: Common;
  /** Versions of the components, in the order of their names. */
  readonly versions: readonly string[];
};

/** What the store said of the file when it was read; see `Store.changed`. */
interface Stamped {
  readonly stamp?: string | undefined;
}

/** One that can be read. */
export type Readable = Listed & Stamped;

/** A snapshot of a list; one that cannot be read says why. */
export type ListedSnapshot = Readable | (Stamped & { readonly id: string; readonly problem: string });

/** What a list shows of a snapshot. */
export const listedOf = ({ components, ...snapshot }: Snapshot): Listed => ({
  id: snapshot.id,
  version: snapshot.version,
  timestamp: snapshot.timestamp,
  git_sha: snapshot.git_sha,
  common: {
    project: snapshot.project,
    environment: snapshot.environment,
    verification: snapshot.verification,
    rollback_safe: snapshot.rollback_safe,
    created_by: snapshot.created_by,
    names: Object.keys(components),
    parts: Object.keys(snapshot.parts),
  },
  versions: Object.values(components).map(({ version }) => version),
});
