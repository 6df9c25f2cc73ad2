import type { Redactor } from '@ship/redact';
import { errors } from '../errors/catalogue.js';
import { sha256 } from '../ids.js';
import type { Appender, Store } from '../types/index.js';
import type { Entry, JournalEntry } from './entries.js';
import { upgraded } from './format-1.js';

/** The append-only record of a run. */
export class Journal {
  #seq: number;
  #hash: string;

  private constructor(
    readonly key: string,
    private readonly appender: Appender,
    private readonly redactor: Redactor,
    { entries, hash }: Pick<JournalContent, 'entries' | 'hash'>,
  ) {
    this.#seq = entries.length;
    this.#hash = hash;
  }

  /** Opens the journal of a new run. */
  static async create(
    store: Store,
    environment: string,
    run: string,
    redactor: Redactor,
    options: { concurrent?: boolean } = {},
  ): Promise<Journal> {
    const key = journalKey(environment, run);
    return new Journal(key, await store.appender(key, options), redactor, { entries: [], hash: GENESIS });
  }

  /** Opens the journal of a past run, to go on in it. What a crash tore off its end is cut. */
  static async reopen(
    store: Store,
    environment: string,
    run: string,
    redactor: Redactor,
  ): Promise<{ readonly journal: Journal; readonly content: JournalContent }> {
    const content = await readJournal(store, environment, run);
    const key = journalKey(environment, run);
    // Recovery restores side by side with nobody, but `forward` may have steps that run so.
    const appender = await store.appender(key, { concurrent: true, end: content.length });
    return { journal: new Journal(key, appender, redactor, content), content };
  }

  /** Resolves when the entry, and all before it, are durable. */
  append(entry: Entry): Promise<void> {
    return this.appender.append(this.#frame(entry));
  }

  /** Records what need not be waited for: it is durable with the next `append`, or a moment later. */
  note(entry: Entry): void {
    this.appender.enqueue(this.#frame(entry));
  }

  /** Resolves when all entries are durable. It takes none afterwards. */
  close(): Promise<void> {
    return this.appender.close();
  }

  #frame(entry: Entry): string {
    const seq = this.#seq + 1;
    const format = seq === 1 ? `"format":${JOURNAL_FORMAT},` : '';
    // Written out: one record after another made of objects keeps the garbage collector busier than the disk.
    const record = `{${format}"seq":${seq},"at":"${new Date().toISOString()}",${this.redactor.referToJson(entry).slice(1)}`;
    const { line, hash } = frame(record, this.#hash);
    this.#seq = seq;
    this.#hash = hash;
    return line;
  }
}

/** The hash that the first line chains to. */
export const GENESIS = '0'.repeat(32);

const TAIL = /,"hash":"([0-9a-f]{32})"\}$/;

/** One line: the record, which is an object in JSON, closed by a hash over itself and the hash of the line before. */
export function frame(record: string, previous: string): { line: string; hash: string } {
  const body = record.slice(0, -1);
  const hash = chain(body, previous);
  return { line: `${body},"hash":"${hash}"}\n`, hash };
}

/** Reads a line back, without its newline. Undefined where the hash does not hold. */
export function unframe(line: string, previous: string): { record: unknown; hash: string } | undefined {
  const hash = TAIL.exec(line)?.[1];
  if (hash === undefined) return undefined;
  const body = line.replace(TAIL, '');
  if (chain(body, previous) !== hash) return undefined;
  return { record: JSON.parse(`${body}}`), hash };
}

function chain(body: string, previous: string): string {
  return sha256(previous + body).slice(0, 32);
}

/** The version of the format of the lines. */
const JOURNAL_FORMAT = 2;

const READABLE_FORMATS: ReadonlySet<unknown> = new Set([1, JOURNAL_FORMAT]);

/** Where the journal of a run lives. */
export function journalKey(environment: string, run: string): string {
  return `runs/${environment}/${run}/journal.jsonl`;
}

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

/** Reads the journal of a run. A torn tail is dropped and reported; a damaged line is refused. */
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

/** Versions before 0.1 wrote into room made of zeros: a journal of theirs that was not closed may end in some. */
function withoutRoom(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}

function checkEntry(entry: JournalEntry & { format?: number }, index: number, key: string): JournalEntry {
  if (index === 0 && !READABLE_FORMATS.has(entry.format))
    throw errors.SHIP_JOURNAL_FORMAT({ key, format: entry.format, supported: JOURNAL_FORMAT });
  if (entry.seq !== index + 1) throw errors.SHIP_JOURNAL_DAMAGED({ key, line: index + 1 });
  return { ...upgraded(entry), seq: entry.seq, at: entry.at };
}
