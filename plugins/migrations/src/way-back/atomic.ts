import type { Connection } from '../database/connection.js';
import type { Dialect, Script } from '../migration.js';
import { split } from '../sql/dialects/split.js';
import { parseScript } from '../sql/parser.js';
import type { Tool } from '../tools/tool.js';

/** The statements that change rows, and those that may do anything. */
const WRITES = /^(?:Insert|Update|Delete|Merge|Select|Do|Call|Truncate|Copy|Execute|CreateTableAs|RefreshMatView)Stmt$/;
/** Rows that a transaction gives back. */
const ROWS = /^(?:Insert|Update|Delete)Stmt$/;
/** What makes something new, or nothing at all. */
const MAKES = /^(?:Create|Index|View|VariableSet)Stmt$/;

/** Who runs a script, and where. */
interface Runner {
  readonly dialect: Dialect;
  readonly tool: Pick<Tool, 'wraps'>;
  /** No table keeps its rows beside transactions, as those of MyISAM do. */
  readonly isTransactional: boolean;
}

/** Where nothing of its schema is there: was it all of it or nothing? */
export function isAtomic(script: Script, { dialect, tool, isTransactional }: Runner): boolean {
  const isInside = script.outsideTransaction !== true;
  const isWrapped = isInside && tool.wraps?.includes(dialect) === true;
  if (dialect === 'postgres' && isInside) return script.opaque === undefined;
  if (dialect === 'sqlite' && isWrapped) return script.opaque === undefined;
  const parsed = parseScript(script, dialect);
  if ('rule' in parsed) return false;
  const kinds = parsed.map(({ kind }) => kind);
  // What stands in no schema may have been done when its end came, and nobody had written that down.
  if (dialect === 'postgres') return kinds.every((kind) => !WRITES.test(kind));
  // Its rows are written in one transaction with what the tool writes down; in MySQL what changes the schema is in none.
  if (isWrapped && isTransactional && kinds.every((kind) => ROWS.test(kind))) return true;
  if (kinds.some((kind) => WRITES.test(kind))) return false;
  // Two that undo each other leave the schema as before, and may have lost rows in between.
  return split(script.text, dialect).length <= 1 || kinds.every((kind) => MAKES.test(kind));
}

const BESIDE = `SELECT 1 FROM information_schema.TABLES
  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE NOT LIKE '%VIEW' AND ENGINE <> 'InnoDB' LIMIT 1`;

/** Are all rows of the database under its transactions? */
export const isTransactional = async (connection: Connection): Promise<boolean> =>
  connection.dialect !== 'mysql' || (await connection.query(BESIDE)).length === 0;
