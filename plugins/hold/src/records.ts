/** A version that was taken back. */
export interface Hold {
  readonly component: string;
  readonly version: string;
  /** What was gone back to; null: nothing. */
  readonly back_to: string | null;
  /** `user@host`. */
  readonly by: string;
  /** ISO 8601 UTC. */
  readonly at: string;
  /** The run that took it back. */
  readonly run: string;
  /** The failure, or that somebody asked for it. */
  readonly why: string;
  /** `--reason` of the rollback. */
  readonly reason?: string;
}

/** A hold that is one no more: who ended it, when and why. */
export interface Released extends Hold {
  readonly released: { readonly by: string; readonly at: string; readonly reason: string };
}

/** `state/<environment>/holds.json`. */
export interface Holds {
  readonly format: 1;
  readonly holds: readonly Hold[];
  /** The newest last. */
  readonly released: readonly Released[];
}
