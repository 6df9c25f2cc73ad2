import { isoTime } from '../iso-time.js';
import type { Redactor } from '../redact.js';
import type { Appender, Store } from '../types/index.js';
import type { Entry } from './entries.js';
import { frame, GENESIS } from './frame.js';
import { JOURNAL_FORMAT, journalKey } from './key.js';
import { type JournalContent, readJournal } from './read.js';

/** The append-only record of a run. */
export class Journal {
  #seq: number;
  #hash: string;
  #ms = Number.NaN;
  #time = '';

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

  close(): Promise<void> {
    return this.appender.close();
  }

  #frame(entry: Entry): string {
    const seq = this.#seq + 1;
    const format = seq === 1 ? `"format":${JOURNAL_FORMAT},` : '';
    // Written out: one record after another made of objects keeps the garbage collector busier than the disk.
    const record = `{${format}"seq":${seq},"at":"${this.#now()}",${this.redactor.referToJson(entry).slice(1)}`;
    const { line, hash } = frame(record, this.#hash);
    this.#seq = seq;
    this.#hash = hash;
    return line;
  }

  /** Many records of one batch have the same. */
  #now(): string {
    const ms = Date.now();
    if (ms !== this.#ms) this.#time = isoTime(new Date(ms));
    this.#ms = ms;
    return this.#time;
  }
}
