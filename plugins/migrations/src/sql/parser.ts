import type { Dialect, Script } from '../migration.js';
import { loadOtherParser, parseOther } from './dialects/index.js';
import { linesOf, type Statement, type Unreadable } from './statement.js';

type Library = typeof import('libpg-query');
let library: Library | undefined;

/** Loads the parser, once: it is PostgreSQL's own, as WebAssembly, and only those wait for it who have migrations. */
export async function loadParser(): Promise<void> {
  if (library !== undefined) return;
  const loaded = await import('libpg-query');
  await loaded.loadModule();
  library = loaded;
}

/** Loads the parser of a dialect, once. */
export const loadParserOf = (dialect: Dialect): Promise<void> => (dialect === 'postgres' ? loadParser() : loadOtherParser());

const parser = (): Library => {
  if (library === undefined) throw new Error('loadParser() comes first');
  return library;
};

/** Reads a script. What cannot be read as a whole is not read at all: a statement that is left out could be the one that matters. */
export function parseScript(script: Script, dialect: Dialect = 'postgres'): readonly Statement[] | Unreadable {
  const { file, line, text, opaque } = script;
  const lineOf = linesOf(script);
  if (opaque !== undefined) return { rule: 'opaque-code', message: opaque, line };
  // The parser takes a NUL for the end of the text, without a word.
  if (text.includes('\0')) return { rule: 'unparseable', message: 'it holds a NUL byte', line: lineOf(text.indexOf('\0')) };
  if (text.trim() === '') return [];
  if (dialect !== 'postgres') return parseOther(script, dialect);
  const bytes = Buffer.from(text);
  try {
    const { stmts = [] } = parser().parseSync(text);
    // The parser counts bytes, and goes from one statement to the next.
    let [byte, character] = [0, 0];
    return stmts.flatMap(({ stmt, stmt_location = 0, stmt_len }) => {
      if (stmt === undefined) return [];
      const raw = bytes.subarray(stmt_location, stmt_len === undefined ? undefined : stmt_location + stmt_len).toString();
      const skipped = blankLength(raw);
      character += bytes.subarray(byte, stmt_location).toString().length;
      byte = stmt_location;
      return [{ kind: Object.keys(stmt)[0]!, node: stmt, text: raw.slice(skipped).trim(), file, line: lineOf(character + skipped) }];
    });
  } catch (error) {
    const { message, sqlDetails } = error as Error & { sqlDetails?: { cursorPosition?: number } };
    return { rule: 'unparseable', message, line: lineOf(sqlDetails?.cursorPosition ?? 0) };
  }
}

/** What is in a block of PL/pgSQL. */
export interface Block {
  /** The texts of its statements, and its expressions as such. */
  readonly queries: readonly string[];
  /** It builds statements as it runs, which nobody can know. */
  readonly isDynamic: boolean;
  /** Not all of it may run, or some of it more than once. */
  readonly isConditional: boolean;
  /** It may give up with an error of its own. */
  readonly raises: boolean;
}

const CONDITIONS = /^PLpgSQL_(?:stmt_(?:if|case|loop|while|fori|fors|foreach_a|return)|exception_block)$/;
/** RAISE EXCEPTION, as PostgreSQL counts the levels. */
const ERROR = 21;

/** Reads a block of PL/pgSQL; undefined where it cannot be read. */
export function parseBlock(body: string): Block | undefined {
  try {
    const quoted = `$ship_body$${body}$ship_body$`;
    const parsed = parser().parsePlPgSQLSync(`CREATE FUNCTION ship_block() RETURNS void LANGUAGE plpgsql AS ${quoted}`);
    const queries: string[] = [];
    const [isDynamic, isConditional, raises] = [[], [], []] as [string[], string[], string[]];
    visit(parsed, (name, value) => {
      if (name === 'PLpgSQL_stmt_dynexecute' || name === 'PLpgSQL_stmt_dynfors') isDynamic.push(name);
      // The parser adds a RETURN at the end of each block, which stands in no line.
      if (CONDITIONS.test(name) && (name !== 'PLpgSQL_stmt_return' || 'lineno' in (value as object))) isConditional.push(name);
      if ((name === 'PLpgSQL_stmt_raise' && (value as { elog_level?: number }).elog_level === ERROR) || name === 'PLpgSQL_stmt_assert')
        raises.push(name);
      if (name === 'PLpgSQL_expr') queries.push(queryOf(value as BlockExpression));
    });
    return { queries, isDynamic: isDynamic.length > 0, isConditional: isConditional.length > 0, raises: raises.length > 0 };
  } catch {
    return undefined;
  }
}

/** A statement, an expression, or `x := expression`. */
interface BlockExpression {
  readonly query: string;
  readonly parseMode?: number;
}

const queryOf = ({ query, parseMode = 0 }: BlockExpression): string =>
  parseMode === 0 ? query : `SELECT (${parseMode === 2 ? query : query.replace(/^[^=]*?:?=/, '')})`;

/** Calls back for every node below a value, with the name that it stands under. */
export function visit(value: unknown, seen: (name: string, value: unknown) => void): void {
  // Not recursive: a text of many thousand brackets has a tree as deep.
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) continue;
    for (const [name, below] of Object.entries(next)) {
      seen(name, below);
      open.push(below);
    }
  }
}

/** Blanks and comments at the beginning of a text. Comments of this kind may stand in each other. */
function blankLength(text: string): number {
  let at = 0;
  for (;;) {
    const [blank] = /^(?:\s+|--[^\n]*(?:\n|$))*/.exec(text.slice(at))!;
    at += blank.length;
    if (!text.startsWith('/*', at)) return at;
    let depth = 0;
    do {
      if (text.startsWith('/*', at)) depth++;
      else if (text.startsWith('*/', at)) depth--;
      else {
        at++;
        continue;
      }
      at += 2;
    } while (depth > 0 && at < text.length);
  }
}
