import type { Redactor } from '../redact.js';
import type { Appender, Store } from '../types/index.js';
import type { Entry } from './entries.js';
import { frame, GENESIS } from './frame.js';

/** The version of the format of the lines. */
export const JOURNAL_FORMAT = 1;

/** The append-only record of a run. */
export class Journal {
  #seq = 0;
  #hash = GENESIS;

  private constructor(
    readonly key: string,
    private readonly appender: Appender,
    private readonly redactor: Redactor,
  ) {}

  /** Opens the journal of a new run. */
  static async create(
    store: Store,
    environment: string,
    run: string,
    redactor: Redactor,
    options: { concurrent?: boolean } = {},
  ): Promise<Journal> {
    const key = journalKey(environment, run);
    return new Journal(key, await store.appender(key, options), redactor);
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
    const record = `{${format}"seq":${seq},"at":"${new Date().toISOString()}",${this.redactor.referToJson(entry).slice(1)}`;
    const { line, hash } = frame(record, this.#hash);
    this.#seq = seq;
    this.#hash = hash;
    return line;
  }
}

/** Where the journal of a run lives. */
export function journalKey(environment: string, run: string): string {
  return `runs/${environment}/${run}/journal.jsonl`;
}
