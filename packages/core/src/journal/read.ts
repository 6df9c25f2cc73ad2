import { errors } from '../errors/catalogue.js';
import type { Store } from '../types/index.js';
import type { JournalEntry } from './entries.js';
import { GENESIS, unframe } from './frame.js';
import { JOURNAL_FORMAT, journalKey } from './key.js';

/** What a journal says, and how many bytes of a torn tail were passed over. */
export interface JournalContent {
  /** In the order in which they were written. */
  readonly entries: readonly JournalEntry[];
  /** Of a last line that a crash cut off. */
  readonly tornBytes: number;
  /** Where the whole lines end, in bytes. */
  readonly length: number;
  /** The hash of the last line, which the next one chains to. */
  readonly hash: string;
}

/** Reads the journal of a run. A torn tail is dropped and told; a damaged line is refused. */
export async function readJournal(store: Store, environment: string, run: string): Promise<JournalContent> {
  const key = journalKey(environment, run);
  const stored = await store.get(key);
  if (stored === undefined) throw errors.SHIP_RUN_NOT_FOUND({ run, environment });
  return parseJournal(stored.value, key);
}

/** Reads the bytes of a journal. Only whole lines count: a crash can tear the last one, nothing else. */
export function parseJournal(bytes: Buffer, key: string): JournalContent {
  const written = withoutRoom(bytes);
  const end = written.lastIndexOf(0x0a) + 1;
  const lines = written.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
  const entries: JournalEntry[] = [];
  let previous = GENESIS;
  for (const [index, line] of lines.entries()) {
    const read = unframe(line, previous);
    if (read === undefined) throw errors.SHIP_JOURNAL_DAMAGED({ key, line: index + 1 });
    entries.push(checkEntry(read.record as JournalEntry & { format?: number }, index, key));
    previous = read.hash;
  }
  return { entries, tornBytes: written.length - end, length: end, hash: previous };
}

/** A journal that was not closed may end in zeros: room for records that never came. */
function withoutRoom(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}

function checkEntry(entry: JournalEntry & { format?: number }, index: number, key: string): JournalEntry {
  if (index === 0 && entry.format !== JOURNAL_FORMAT)
    throw errors.SHIP_JOURNAL_FORMAT({ key, format: entry.format, supported: JOURNAL_FORMAT });
  if (entry.seq !== index + 1) throw errors.SHIP_JOURNAL_DAMAGED({ key, line: index + 1 });
  return entry;
}
