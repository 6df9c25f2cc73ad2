import type { Dialect } from '../migration.js';
import type { Schema, Table } from '../schema.js';
import type { Statement } from '../sql/statement.js';

/** Why a verdict is not plainly `ok`. */
export interface Reason {
  /** As docs/migrations.md lists it, such as `up-drop-table`. */
  readonly rule: string;
  readonly verdict: 'keep_schema' | 'run_down';
  /** `info`: good to know, such as a lock; it changes no verdict. */
  readonly level: 'info' | 'warn' | 'block';
  readonly file: string;
  readonly line: number;
  readonly statement: string;
  readonly hint: string;
  /** The rows that it is about, where a database can be asked about them. */
  readonly about?: About;
  /** What a database has answered, so that it is no more than good to know. */
  readonly settled?: string;
}

/** A table, with its schema, and columns of it. */
export interface About {
  readonly table: string;
  readonly columns: readonly string[];
}

/**
 * What a rule says of a statement, as the catalogue has it. B: nothing brings it back, or nobody can tell. O: the old code
 * breaks; `O?`: it may. D: rows are lost. F: it may fail on the rows that are there. L: it takes a lock that blocks.
 */
export type Mark = 'B' | 'O' | 'O?' | 'D' | 'F' | 'L';

type Judged = readonly [verdict: Reason['verdict'], level: Reason['level']];

const IN_UP: Readonly<Record<Mark, Judged>> = {
  B: ['run_down', 'block'],
  O: ['keep_schema', 'block'],
  'O?': ['keep_schema', 'warn'],
  D: ['run_down', 'warn'],
  F: ['run_down', 'warn'],
  L: ['keep_schema', 'info'],
};

const IN_DOWN: Readonly<Record<Mark, Judged>> = {
  B: ['run_down', 'block'],
  O: ['run_down', 'info'],
  'O?': ['run_down', 'info'],
  D: ['run_down', 'warn'],
  F: ['run_down', 'warn'],
  L: ['run_down', 'info'],
};

const LONGEST = 200;
const HALF_DONE = 'when it fails on the rows, what stands before it is done: MySQL takes back no change of a schema';

/** One way through the statements of a migration: its up, or its down after that. */
export class Walk {
  #statement: Statement | undefined;
  #first: Statement | undefined;
  readonly #later: (() => void)[] = [];
  readonly reasons: Reason[] = [];
  /** Names of tables that go with the connection. */
  readonly temporary = new Set<string>();

  constructor(
    readonly side: 'up' | 'down',
    readonly migration: string,
    /** As the statements so far have left it. */
    readonly schema: Schema,
    /** As it was before the up. */
    readonly before: Schema,
    /** Is all known that was there before, from the first migration on? */
    readonly isWhole: boolean,
    readonly dialect: Dialect = 'postgres',
  ) {}

  at(statement: Statement): this {
    this.#statement = statement;
    this.#first ??= statement;
    return this;
  }

  get statement(): Statement {
    return this.#statement!;
  }

  /** Has something judged when all statements are known, as of the statement that is judged now. */
  later(judge: () => void): void {
    const { statement } = this;
    this.#later.push(() => {
      this.at(statement);
      judge();
    });
  }

  /** Judges what has waited for the end. */
  finish(): void {
    for (const judge of this.#later.splice(0)) judge();
  }

  /** Says what a rule finds in an up, or in a down; where it has no marks for this side, nothing. */
  say(
    rule: string,
    marks: { readonly up?: readonly Mark[]; readonly down?: readonly Mark[] },
    hint: string,
    at = this.statement,
    about?: About,
  ): void {
    const judged = this.side === 'up' ? IN_UP : IN_DOWN;
    for (const mark of marks[this.side] ?? []) {
      // How long others lock for what is not the same, and not in the catalogue.
      if (mark === 'L' && this.dialect !== 'postgres') continue;
      const [verdict, level] = judged[mark];
      const { file, line, text } = at;
      const place = { file, line, statement: text.slice(0, LONGEST) };
      this.reasons.push({ rule, verdict, level, ...place, hint, ...(about === undefined ? {} : { about }) });
      if (mark === 'F' && this.#isAfterAnother(at))
        this.reasons.push({ rule: 'non-transactional', verdict, level: 'block', ...place, hint: HALF_DONE });
    }
  }

  /** MySQL commits with each change of a schema: when a later statement fails on the rows, those before it stand. */
  #isAfterAnother({ text, line }: Statement): boolean {
    const first = this.#first;
    return this.dialect === 'mysql' && this.side === 'down' && first !== undefined && (first.line !== line || first.text !== text);
  }

  /** Did this migration make the table? Then the old code knows nothing of it. */
  isOwn(table: string): boolean {
    return this.schema.tables.get(table)?.by === this.migration;
  }

  /** Is it known that there is neither a table nor a view, an index or a sequence of this name? */
  lacks(name: string): boolean {
    if (
      this.schema.has(name) ||
      this.temporary.has(name) ||
      ['view', 'index', 'sequence'].some((kind) => this.schema.things.has(`${kind} ${name}`))
    )
      return false;
    return this.isWhole || this.schema.isGone(name);
  }

  /** Did this migration make the column? Then the old code neither reads nor writes it. */
  isNewColumn(table: string, column: string): boolean {
    return this.schema.column(table, column)?.by === this.migration;
  }

  /** What a table was like before the up; undefined where it was not there. */
  preexisting(name: string): Table | undefined {
    if (this.before.has(name)) return this.before.table(name);
    // What no migration has made was there before all of them.
    return this.isOwn(name) ? undefined : this.schema.tables.get(name)?.by === undefined ? this.before.table(name) : undefined;
  }
}
