import type { Store } from '@ship/core';
import { type Block, blockOf, Commons, rowsIn } from './block.js';
import type { ListedSnapshot, Readable } from './listed.js';
import { folderOf, idsIn } from './names.js';

/** One record of the index. The last `state` is that of the folder when every snapshot in it was in the index; empty where that is not known. */
type Line = Block | Said;

type Said =
  | { readonly bad: readonly [id: string, stamp: string, problem: string] }
  | { readonly gone: string }
  | { readonly state: string };

/** Snapshots in a block at the end of the file, which is read alone, and in one of those before, which are read faster in large ones. */
const BLOCK_ROWS = 32;
const LARGE_BLOCK_ROWS = 256;
/** More than a snapshot takes in most lists. */
const ROW_BYTES = 400;
/** So many lines that came one by one are still read fast. */
const LOOSE_LINES = 200;

const indexKey = (environment: string): string => `${folderOf(environment)}/index.jsonl`;

/** The index as it is: oldest first, and the state of the folder that it is of. */
export interface Index {
  readonly listed: readonly ListedSnapshot[];
  readonly state: string | undefined;
  /** How many records say so. */
  readonly lines: number;
  /** A record stands behind one of a later snapshot: two who save at once may add theirs the other way round, and clocks differ. */
  readonly isMixed: boolean;
}

/**
 * Reads the index; of a long one only its end, where `newest` lines are in that. It speeds lists up and decides nothing:
 * whatever is gone back to is read from its own file.
 */
export async function readIndex(store: Store, environment: string, newest = Number.POSITIVE_INFINITY): Promise<Index | undefined> {
  const key = indexKey(environment);
  const enough = (newest + BLOCK_ROWS) * ROW_BYTES;
  const tail = Number.isFinite(newest) ? await store.tail?.(key, enough) : undefined;
  const near = tail && tail.length === enough ? fold(afterFirstLine(tail.toString())) : undefined;
  // Its first one may be of any time: what was before it is not known.
  if (near && !near.isMixed && near.listed.length > newest) return near;
  const stored = await store.get(key);
  return stored && fold(stored.value.toString());
}

/** As text, of which its first characters may have lost their beginning. */
const afterFirstLine = (text: string): string => text.slice(text.indexOf('\n') + 1);

/** What the lines say; undefined where one of them is none. */
function fold(text: string): Index | undefined {
  try {
    // What a machine that went down had not written yet reads as zeros, and no record has one.
    if (text.includes('\0')) return undefined;
    const listed = new InOrder();
    const commons = new Commons();
    let state: string | undefined;
    let lines = 0;
    for (let from = 0; from < text.length; lines += 1) {
      const end = text.indexOf('\n', from);
      if (end < 0) return undefined;
      const line = text.slice(from, end);
      const rows = rowsIn(line, commons);
      if (rows !== undefined) listed.put(rows);
      else state = heed(JSON.parse(line) as Said, listed) ?? state;
      from = end + 1;
    }
    return { listed: listed.all, state, lines, isMixed: listed.isMixed };
  } catch {
    return undefined;
  }
}

/** Answers the state that a line says. */
function heed(line: Said, listed: InOrder): string | undefined {
  if ('state' in line) return line.state;
  if ('gone' in line) listed.take(line.gone);
  else listed.put([{ id: line.bad[0], problem: line.bad[2], stamp: line.bad[1] }]);
  return undefined;
}

/** Snapshots by their ids, oldest first: they almost always come in that order, so nothing else is kept to find one. */
class InOrder {
  readonly all: ListedSnapshot[] = [];
  /** See {@link Index}. */
  isMixed = false;

  /** Some that follow each other. */
  put(snapshots: readonly ListedSnapshot[]): void {
    const last = this.all.at(-1);
    if (last === undefined || snapshots[0]!.id > last.id) {
      this.all.push(...snapshots);
      return;
    }
    this.isMixed = true;
    for (const each of snapshots) this.all.splice(this.#placeOf(each.id), this.#has(each.id) ? 1 : 0, each);
  }

  take(id: string): void {
    if (this.#has(id)) this.all.splice(this.#placeOf(id), 1);
  }

  #has(id: string): boolean {
    return this.all[this.#placeOf(id)]?.id === id;
  }

  /** Where it is, or where it would have to be. */
  #placeOf(id: string): number {
    let [from, to] = [0, this.all.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.all[middle]!.id < id) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

function linesOf(snapshots: readonly ListedSnapshot[]): Line[] {
  const lines: Line[] = [];
  let rows: Readable[] = [];
  let most = 0;
  const close = () => {
    if (rows.length > 0) lines.push(blockOf(rows));
    rows = [];
  };
  for (const [index, each] of snapshots.entries()) {
    if (rows.length === most || 'problem' in each) close();
    if (rows.length === 0) most = snapshots.length - index > 2 * LARGE_BLOCK_ROWS ? LARGE_BLOCK_ROWS : BLOCK_ROWS;
    if ('problem' in each) lines.push({ bad: [each.id, each.stamp ?? '', each.problem] });
    else rows.push(each);
  }
  close();
  return lines;
}

/**
 * Is the index that of the folder in the state that it had before the index was read? Where the store tells no state, all of it is
 * held to the folder. A file that was changed in place does not show here, only when it is read.
 */
export function isFresh(
  store: Store,
  environment: string,
  { listed, state }: Index,
  stateOfFolder: string | undefined,
): boolean | Promise<boolean> {
  return stateOfFolder ? state === stateOfFolder : namesAll(store, environment, listed);
}

/** Does the index name each snapshot of the folder, and no other? */
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
  if (vouched !== '' && isLoose(index)) await rebuildIndex(store, environment, index.listed);
  else if (vouched !== index.state) await append(store, environment, [{ state: vouched }]);
}

/** Are there many more lines than there would be if it were made anew? One that cannot be read stands alone, and between two blocks. */
function isLoose({ listed, lines }: Index): boolean {
  const alone = listed.filter((each) => 'problem' in each).length;
  return lines > LOOSE_LINES + listed.length / BLOCK_ROWS + 2 * alone;
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
