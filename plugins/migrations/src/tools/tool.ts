import type { Argv } from '@ship/core';
import type { Connection } from '../database/connection.js';
import type { Dialect, History } from '../migration.js';
import type { Project } from '../project.js';

/** A command of a tool. */
export interface Call {
  readonly argv: Argv;
  readonly env?: Readonly<Record<string, string>>;
}

/** What of a history is in a database. */
export interface Applied {
  /** Ids, as the tool keeps them, in the order in which they were applied as far as it says. */
  readonly ids: readonly string[];
  /** Those whose files are not what was applied, by the checksums of the tool; absent where it keeps none. */
  readonly changed?: readonly string[];
  /** The tool itself refuses to go on: what it left, and the commands that help. */
  readonly dirty?: Dirty;
}

/** What a run that was cut off, or failed, has left in a tool's own table. */
export interface Dirty {
  /** The migration that it is about, where the tool says. */
  readonly id?: string;
  readonly problem: string;
  /** What a person types once the schema is right. */
  readonly commands: readonly string[];
  /** Makes the table say that the migration was not applied. Only where the schema is proven to be as it was before it. */
  readonly forget?: (connection: Connection) => Promise<void>;
}

/** Where a tool works: its folder may be a copy. */
export type At = Pick<Project, 'folder' | 'url'>;

/** How a tool is told to go on, or back. */
export interface Tool {
  readonly name: string;
  /** What it makes for itself in a database, tables and schemas: none of it belongs to the schema that is gone back to. */
  readonly own: readonly string[];
  /** What is applied, read from the table that the tool keeps. */
  applied(connection: Connection, history: History): Promise<Applied>;
  /** Applies this migration, the oldest that is not applied. */
  up(at: At, id: string): Call;
  /** Takes this migration back, the newest that is applied. Absent: the tool has no way to. */
  down?(at: At, id: string, before: string | undefined): Call;
  /** What it speaks besides PostgreSQL, as far as ship can tell it what to do. */
  readonly dialects?: readonly Dialect[];
  /** Where it runs each migration in one transaction together with its own table, as far as the database has one, unless the file says otherwise. PostgreSQL's are known by the reader. */
  readonly wraps?: readonly Dialect[];
  /** Relative paths of SQLite begin where only the tool knows. */
  readonly hasOwnBase?: true;
  /** It applies whatever the folder holds: one at a time, by a folder that holds no more. */
  readonly appliesAll?: true;
  /** As long as it works it holds an advisory lock, always. */
  readonly locks?: true;
  /** It needs its files where they are: they are programs, or its config names the folder. */
  readonly isFixed?: true;
  /** Takes one back by itself where the tool cannot: runs the down, and makes the table forget it, in one transaction. */
  readonly forgets?: (id: string) => { readonly statement: string; readonly values: readonly unknown[] };
}
