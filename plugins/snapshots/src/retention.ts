/** What decides how long snapshots stay. */
export interface Retention {
  /** How many of the newest stay. */
  readonly count: number;
  /** The newest that is safe to go back to. */
  readonly lastGood: string | undefined;
  readonly pinned: ReadonlySet<string>;
  /** Those that a run which has not ended well would go back to. */
  readonly needed: ReadonlySet<string>;
}

/** The ids, newest first, that may go. */
export function evictable(ids: readonly string[], { count, lastGood, pinned, needed }: Retention): string[] {
  return ids.slice(Math.max(0, count)).filter((id) => id !== lastGood && !pinned.has(id) && !needed.has(id));
}
