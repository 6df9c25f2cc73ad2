import type { Dialect, Script } from '../../migration.js';
import { linesOf, type Statement, type Unreadable } from '../statement.js';
import { Unclear } from './fields.js';
import { withRebuilds } from './rebuild.js';
import { type Piece, split, Unsplit } from './split.js';
import { statementsOf } from './statements.js';

type Library = typeof import('@guanmingchiu/sqlparser-ts');
let library: Library | undefined;

/** Loads the parser of MySQL and SQLite, once. */
export async function loadOtherParser(): Promise<void> {
  if (library !== undefined) return;
  const loaded = await import('@guanmingchiu/sqlparser-ts');
  await loaded.init();
  library = loaded;
}

/** Reads a script of MySQL or SQLite into the nodes that the rules know. */
export function parseOther(script: Script, dialect: Exclude<Dialect, 'postgres'>): readonly Statement[] | Unreadable {
  const { text, file } = script;
  const placeOf = linesOf(script);
  let start = 0;
  try {
    const placed = split(text, dialect).flatMap((piece) => {
      start = piece.start;
      return nodesOf(piece, dialect).map((node) => ({ node, from: piece }));
    });
    const nodes = dialect === 'sqlite' ? withRebuilds(placed, script.outsideTransaction === true) : placed;
    return nodes.map(({ node, from }) => ({ kind: Object.keys(node)[0]!, node, text: from.text, file, line: placeOf(from.start) }));
  } catch (error) {
    if (error instanceof Unsplit) return { rule: 'unparseable', message: error.message, line: placeOf(error.at) };
    const rule = error instanceof Unclear ? 'opaque-code' : 'unparseable';
    return { rule, message: error instanceof Error ? error.message : String(error), line: placeOf(start) };
  }
}

function nodesOf({ code }: Piece, dialect: Exclude<Dialect, 'postgres'>) {
  if (library === undefined) throw new Error('loadOtherParser() comes first');
  const adapted = adapt(code, dialect);
  const [statement, ...more] = library.parse(adapted, dialect) as unknown[];
  if (statement === undefined || more.length > 0) throw new Unclear('it is not one statement');
  const lost = lostWords(adapted, library.format(adapted, dialect));
  if (lost.length > 0) throw new Unclear(`the parser leaves out ${lost.join(', ')}`);
  return statementsOf(dialect, statement, code);
}

/** What the parser does not know, in words that mean the same. */
function adapt(code: string, dialect: Dialect): string {
  if (dialect === 'mysql') return /^ALTER\s+TABLE\b[^'"]*$/i.test(code) ? code.replace(/\bDROP\s+KEY\b/gi, 'DROP INDEX') : code;
  const pragma = /^(PRAGMA\s+\w+\s*=\s*)(on|off|yes|no|true|false)$/i.exec(code);
  if (pragma !== null) return `${pragma[1]}'${pragma[2]}'`;
  return code.replace(
    /^(CREATE\s+TABLE\b.*\))\s*(?:STRICT\s*,\s*WITHOUT\s+ROWID|WITHOUT\s+ROWID\s*,\s*STRICT)$/is,
    '$1 WITHOUT ROWID STRICT',
  );
}

/** Words that the parser writes in another way, or that say nothing. */
const NOISE = new Set(['temp', 'transaction', 'work']);

/**
 * The words, numbers and texts of a statement that are not there any more when the parser writes down what it has read. A
 * parser that passes over what it does not know would have the rules pass over it, too.
 */
function lostWords(code: string, written: string): string[] {
  const left = wordsIn(written);
  return [...wordsIn(code)].flatMap(([word, times]) => (times > (left.get(word) ?? 0) && !NOISE.has(word) ? [word] : []));
}

function wordsIn(code: string): Map<string, number> {
  const words = new Map<string, number>();
  for (const [word] of code.toLowerCase().matchAll(/[\p{L}\p{N}_@$]+/gu)) words.set(word, (words.get(word) ?? 0) + 1);
  return words;
}
