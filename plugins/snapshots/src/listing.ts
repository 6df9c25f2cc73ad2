import { PART_NAMES, type PartName, type Snapshot, type Store, SUITES } from '@ship/core';
import { folderOf, idsIn } from './names.js';

/** What a list shows of a snapshot. */
export type Listed = Pick<
  Snapshot,
  'id' | 'project' | 'environment' | 'version' | 'timestamp' | 'git_sha' | 'verification' | 'rollback_safe' | 'created_by'
> & {
  /** Versions by name. */
  readonly components: Readonly<Record<string, string>>;
  /** The names of the parts that it holds. */
  readonly parts: readonly PartName[];
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
  parts: PART_NAMES.filter((name) => snapshot[name] !== null),
});

/** What many lines after it have in common. */
interface Head {
  readonly project: string;
  readonly environment: string;
  readonly names: readonly string[];
  /** Absent in an index of before there were any. */
  readonly parts?: readonly PartName[];
}

/** A snapshot without what stands in the head: a list of ten thousand is read at once, so its lines are short. */
type Row = readonly [
  id: string,
  stamp: string,
  version: string,
  timestamp: string,
  git_sha: string | null,
  /** A letter for each suite: passed, failed, not run. */
  verification: string,
  rollback_safe: 0 | 1,
  created_by: string,
  ...versions: string[],
];

/** One record of the index. The last `state` is that of the folder when every snapshot in it was in the index; empty where that is not known. */
type Line =
  | { readonly head: Head }
  | { readonly add: Row }
  | { readonly bad: readonly [id: string, stamp: string, problem: string] }
  | { readonly gone: string }
  | { readonly state: string };

/** A head is said again so often, so that the end of the file can be read alone. */
const HEAD_EVERY = 20;
/** More than a line takes in most lists. */
const LINE_BYTES = 400;
const LETTERS = { p: true, f: false, n: null } as const;

const indexKey = (environment: string): string => `${folderOf(environment)}/index.jsonl`;

/** The index as it is: oldest first, and the state of the folder that it is of. */
export interface Index {
  readonly listed: readonly ListedSnapshot[];
  readonly state: string | undefined;
}

/**
 * Reads the index; of a long one only its end, where `newest` lines are in that, and the store can tell whether they are of the
 * folder as it is: else all of them are held to it. It speeds lists up and decides nothing: whatever is gone back to is read
 * from its own file.
 */
export async function readIndex(store: Store, environment: string, newest = Number.POSITIVE_INFINITY): Promise<Index | undefined> {
  const key = indexKey(environment);
  const enough = (newest + HEAD_EVERY + 1) * LINE_BYTES;
  const isEnough = Number.isFinite(newest) && Boolean(await store.changed?.(folderOf(environment)));
  const tail = isEnough ? await store.tail?.(key, enough) : undefined;
  const near = tail && tail.length === enough ? fold(tail.subarray(tail.indexOf(0x0a) + 1)) : undefined;
  if (near && near.listed.length >= newest) return near;
  const stored = await store.get(key);
  return stored && fold(stored.value);
}

/** What the lines say; undefined where they are no index. Rows before the first head are passed over: their names are not known. */
function fold(bytes: Buffer): Index | undefined {
  try {
    const lines = JSON.parse(`[${bytes.toString('utf8').trimEnd().replaceAll('\n', ',')}]`) as Line[];
    const listed = new Map<string, ListedSnapshot>();
    let head: Head | undefined;
    let state: string | undefined;
    for (const line of lines) {
      if ('add' in line) head && listed.set(line.add[0], fromRow(line.add, head));
      else if ('head' in line) ({ head } = line);
      else if ('state' in line) ({ state } = line);
      else if ('gone' in line) listed.delete(line.gone);
      else listed.set(line.bad[0], { id: line.bad[0], problem: line.bad[2], ...(line.bad[1] ? { stamp: line.bad[1] } : {}) });
    }
    return { listed: [...listed.values()], state };
  } catch {
    return undefined;
  }
}

/** Where the versions begin in a row. */
const VERSIONS_FROM = 8;

function fromRow(row: Row, { project, environment, names, parts = [] }: Head): ListedSnapshot {
  const [id, stamp, version, timestamp, git_sha, letters, safe, created_by] = row;
  const components: Record<string, string> = {};
  for (let index = 0; index < names.length; index += 1) components[names[index]!] = row[VERSIONS_FROM + index] as string;
  const verification = verificationOf(letters);
  const rollback_safe = safe === 1;
  const listed = { id, project, environment, version, timestamp, git_sha, verification, rollback_safe, created_by, components, parts };
  return stamp ? { id, listed, stamp } : { id, listed };
}

const verifications = new Map<string, Listed['verification']>();

/** There are few, and a long list has them over and over. */
function verificationOf(letters: string): Listed['verification'] {
  const known = verifications.get(letters);
  if (known) return known;
  const made = Object.fromEntries(SUITES.map((suite, index) => [suite, LETTERS[letters[index] as 'p']])) as Listed['verification'];
  verifications.set(letters, Object.freeze(made));
  return made;
}

function linesOf(snapshots: readonly ListedSnapshot[]): Line[] {
  let said = '';
  return snapshots.flatMap((each, index): Line[] => {
    const { id, stamp = '' } = each;
    if ('problem' in each) return [{ bad: [id, stamp, each.problem] }];
    const { project, environment, components, parts, ...rest } = each.listed;
    const head = { project, environment, names: Object.keys(components), parts };
    const isNew = JSON.stringify(head) !== said || index % HEAD_EVERY === 0;
    said = JSON.stringify(head);
    const letters = SUITES.map((suite) => (rest.verification[suite] === null ? 'n' : rest.verification[suite] ? 'p' : 'f')).join('');
    const safe = rest.rollback_safe ? 1 : 0;
    const add: Row = [id, stamp, rest.version, rest.timestamp, rest.git_sha, letters, safe, rest.created_by, ...Object.values(components)];
    return isNew ? [{ head }, { add }] : [{ add }];
  });
}

/** Is the index that of the folder as it is now? A file that was changed in place does not show here, only when it is read. */
export async function isFresh(store: Store, environment: string, { listed, state }: Index): Promise<boolean> {
  const now = await store.changed?.(folderOf(environment));
  return now ? state === now : namesAll(store, environment, listed);
}

/** Does the index name each snapshot of the folder, no other, and in their order? Two who save at once may add theirs the other way round. */
async function namesAll(store: Store, environment: string, listed: readonly ListedSnapshot[]): Promise<boolean> {
  const ids = idsIn(await store.list(`${folderOf(environment)}/snapshot-`));
  return ids.length === listed.length && listed.every(({ id }, place) => id === ids[place]);
}

/** Appends what has come and gone. Where there is no index, or none that can be read, a list makes it anew. */
export async function appendIndex(
  store: Store,
  environment: string,
  { come = [], gone = [] }: { readonly come?: readonly ListedSnapshot[]; readonly gone?: readonly string[] },
): Promise<void> {
  if ((await readIndex(store, environment, 1)) === undefined) return;
  const lines = [...linesOf(come), ...gone.map((id): Line => ({ gone: id }))];
  if (lines.length > 0) await append(store, environment, lines);
  await settleIndex(store, environment);
}

/** Writes the whole index anew. */
export async function rebuildIndex(store: Store, environment: string, listed: readonly ListedSnapshot[]): Promise<void> {
  await store.put(indexKey(environment), textOf(linesOf(listed)));
  await settleIndex(store, environment);
}

/**
 * The last thing that whoever changed something does: it says of which state of the folder the index is, or of none. The
 * state is asked for before the look, so what others change after the look makes another one of it.
 */
async function settleIndex(store: Store, environment: string): Promise<void> {
  const state = await store.changed?.(folderOf(environment));
  const index = state ? await readIndex(store, environment) : undefined;
  if (!state || index === undefined) return;
  const vouched = (await namesAll(store, environment, index.listed)) ? state : '';
  if (vouched !== index.state) await append(store, environment, [{ state: vouched }]);
}

async function append(store: Store, environment: string, lines: readonly Line[]): Promise<void> {
  const appender = await store.appender(indexKey(environment), { concurrent: true });
  try {
    await appender.append(textOf(lines));
  } finally {
    await appender.close();
  }
}

const textOf = (lines: readonly Line[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');
