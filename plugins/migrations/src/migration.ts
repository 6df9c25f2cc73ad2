/** Text of SQL, and where it stands, so that a reason can name file and line. */
export interface Script {
  /** Relative to the folder that was read, with `/`. */
  readonly file: string;
  /** The line of the file that its first line is, from 1. */
  readonly line: number;
  readonly text: string;
  /** The program that has printed the text. Then no statement has a line of its own: all of them have the line of the script. */
  readonly source?: string;
  /** The tool runs it outside of a transaction: by its own marker, such as `-- +goose NO TRANSACTION`. Default: in one. */
  readonly outsideTransaction?: true;
  /** Why nobody can tell what it does, such as a template or a program that was not rendered. Its text is not parsed. */
  readonly opaque?: string;
}

/** One step of a schema. */
export interface Migration {
  /** As the tool knows it, such as `20240102030405` or `0007`: what `--from` and `--to` name. */
  readonly id: string;
  /** For people, such as `add_users`. May be empty. */
  readonly name: string;
  readonly up: readonly Script[];
  /** What undoes it; `none` where the tool found nothing, and `irreversible` where it is marked so. */
  readonly down: readonly Script[] | 'none' | 'irreversible';
  /** It is applied whenever its text changes, such as Flyway's `R__`; it has no place in the order. */
  readonly repeatable?: true;
}

/** A database language. */
export type Dialect = 'postgres' | 'mysql' | 'sqlite';

/** What is wrong with a folder as a whole: two with one version, a gap, a file that fits no pattern. */
export interface Flaw {
  readonly level: 'warn' | 'block';
  /** What kind, such as `duplicate-version`. */
  readonly rule: string;
  readonly message: string;
  readonly file?: string;
}

/** A folder as a tool reads it, in the order in which it applies. */
export interface History {
  readonly migrations: readonly Migration[];
  readonly flaws: readonly Flaw[];
  /** Where the tool says so, as by the name of a folder or of a file. */
  readonly dialect?: Dialect;
}

/** One tool's layout. */
export interface Reader {
  /** As the option `tool` names it, such as `golang-migrate`. */
  readonly name: string;
  /** Is the folder, absolute, of this tool? Looks at names, and at beginnings of files where names are not enough. */
  recognises(folder: string): boolean;
  /** Reads it. Never throws for what a file holds: that becomes a flaw or an opaque script. `dialect` picks one of several side by side. */
  read(folder: string, wanted?: { readonly dialect?: Dialect }): History;
}
