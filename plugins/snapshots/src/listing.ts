import type { Snapshot, Store } from '@ship/core';
import { folderOf } from './names.js';

/** What a list shows of a snapshot: a line of the index. */
export type Listed = Pick<
  Snapshot,
  'id' | 'project' | 'environment' | 'version' | 'timestamp' | 'git_sha' | 'verification' | 'rollback_safe' | 'created_by'
> & {
  /** Versions by name. */
  readonly components: Readonly<Record<string, string>>;
};

/** A snapshot of a list; one that cannot be read says why. */
export type ListedSnapshot = ({ readonly id: string; readonly listed: Listed } | { readonly id: string; readonly problem: string }) & {
  /** What the store said of its file when it was read; see `Store.changed`. */
  readonly stamp?: string;
};

/** What a list shows of a snapshot. */
export const listedOf = ({ components, ...snapshot }: Snapshot): Listed => ({
  id: snapshot.id,
  project: snapshot.project,
  environment: snapshot.environment,
  version: snapshot.version,
  timestamp: snapshot.timestamp,
  git_sha: snapshot.git_sha,
  verification: snapshot.verification,
  rollback_safe: snapshot.rollback_safe,
  created_by: snapshot.created_by,
  components: Object.fromEntries(Object.entries(components).map(([name, { version }]) => [name, version])),
});

/** One record of the index. The last `state` is that of the folder when every snapshot in it was in the index. */
type Line = { readonly add: ListedSnapshot } | { readonly gone: string } | { readonly state: string };

const indexKey = (environment: string): string => `${folderOf(environment)}/index.jsonl`;

/** The index as it is: oldest first, and the state of the folder that it is of. */
export interface Index {
  readonly listed: readonly ListedSnapshot[];
  readonly state: string | undefined;
}

/**
 * Reads the index. It speeds lists up and decides nothing: whatever is gone back to is read from its own file. `newest`
 * reads no more lines than are needed for so many.
 */
export async function readIndex(store: Store, environment: string, newest = Number.POSITIVE_INFINITY): Promise<Index | undefined> {
  const stored = await store.get(indexKey(environment));
  if (stored === undefined) return undefined;
  try {
    return fold(stored.value, newest);
  } catch {
    return undefined;
  }
}

/** From the end: a line that is gone was added before, and the first state that is met is the last one. */
function fold(bytes: Buffer, newest: number): Index {
  const listed: ListedSnapshot[] = [];
  const gone = new Set<string>();
  let state: string | undefined;
  for (let end = bytes.length - 1; end > 0 && listed.length < newest; ) {
    const start = bytes.lastIndexOf(0x0a, end - 1) + 1;
    const line = JSON.parse(bytes.toString('utf8', start, end)) as Line;
    if ('state' in line) state ??= line.state;
    else if ('gone' in line) gone.add(line.gone);
    else if (!gone.has(line.add.id)) listed.push(line.add);
    end = start - 1;
  }
  return { listed: listed.reverse(), state };
}

/** Is the index that of the folder as it is now? A file that was changed in place does not show here, only when it is read. */
export async function isFresh(store: Store, environment: string, { listed, state }: Index): Promise<boolean> {
  const now = await store.changed?.(folderOf(environment));
  if (now) return state === now;
  const keys = (await store.list(`${folderOf(environment)}/snapshot-`)).filter((key) => key.endsWith('.json'));
  return keys.length === listed.length;
}

/** Appends what has changed, and the state of the folder after it. */
export async function appendIndex(store: Store, environment: string, lines: readonly Line[]): Promise<void> {
  const appender = await store.appender(indexKey(environment));
  try {
    for (const line of lines) await appender.append(`${JSON.stringify(line)}\n`);
    const state = await store.changed?.(folderOf(environment));
    if (state) await appender.append(`${JSON.stringify({ state } satisfies Line)}\n`);
  } finally {
    await appender.close();
  }
}

/** Writes the whole index anew. That is a change of the folder, so its state follows in a record of its own. */
export async function rebuildIndex(store: Store, environment: string, listed: readonly ListedSnapshot[]): Promise<void> {
  await store.put(indexKey(environment), listed.map((add) => `${JSON.stringify({ add } satisfies Line)}\n`).join(''));
  await appendIndex(store, environment, []);
}
