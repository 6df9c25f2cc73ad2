import type { Dialect } from '../../migration.js';
import { Unclear } from './fields.js';

/** A statement in a script. */
export interface Piece {
  /** As it stands there, for people. */
  readonly text: string;
  /** Without comments, and with quotes that the parser reads as the database does. */
  readonly code: string;
  /** Where it begins. */
  readonly start: number;
}

/** What nobody can take apart, and where. */
export class Unsplit extends Unclear {
  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message);
  }
}

type OtherDialect = Exclude<Dialect, 'postgres'>;

/**
 * Splits a script into its statements, as the server does. Comments become blanks, and what stands in those that MySQL
 * executes becomes code: each place in the code is the same place in the text.
 */
export function split(text: string, dialect: OtherDialect): Piece[] {
  const pieces: Piece[] = [];
  let [code, from] = ['', 0];
  let words: string[] = [];
  const end = (at: number): void => {
    const skipped = code.length - code.trimStart().length;
    if (code.trim() !== '') pieces.push({ text: text.slice(from + skipped, at).trim(), code: code.trim(), start: from + skipped });
    [code, from, words] = ['', at + 1, []];
  };
  for (const token of tokens(text, dialect)) {
    const isEnd = token.text === ';' && token.kind === 'sign';
    if (token.kind === 'word') words.push(token.text.toUpperCase());
    else if (isEnd) words.push(';');
    if (isEnd && !isInBody(words, dialect, token.at)) end(token.at);
    else code += token.code;
  }
  end(text.length);
  return pieces;
}

/** Does a semicolon end a statement only within a trigger or a routine? */
function isInBody(words: readonly string[], dialect: OtherDialect, at: number): boolean {
  if (words[0] === 'DELIMITER') throw new Unsplit('DELIMITER is a command of the client', at);
  const isCreate = words[0] === 'CREATE' && words.slice(1, 12).some((each) => /^(?:TRIGGER|PROCEDURE|FUNCTION|EVENT|PACKAGE)$/.test(each));
  if (!isCreate || !words.includes('BEGIN')) return false;
  // As sqlite3_complete() has it: the END of a CASE does not follow a semicolon.
  if (dialect === 'sqlite') return !(words.at(-2) === 'END' && words.at(-3) === ';');
  throw new Unsplit('a trigger or routine with a body is not followed', at);
}

interface Token {
  readonly kind: 'word' | 'quoted' | 'sign' | 'blank';
  readonly text: string;
  readonly code: string;
  readonly at: number;
}

/** Newest server that still reads a versioned comment in the same way, whoever has made it. */
const EVERYBODY = 50_700;

function* tokens(text: string, dialect: OtherDialect): Generator<Token> {
  const isMysql = dialect === 'mysql';
  let at = 0;
  let isVersioned = false;
  while (at < text.length) {
    const rest = (length: number) => text.slice(at, at + length);
    const [word = ''] = /^[\p{L}\p{N}_$@]+/u.exec(text.slice(at, at + 200)) ?? [];
    const take = (kind: Token['kind'], length: number, code = rest(length)): Token => {
      const token = { kind, text: rest(length), code, at };
      at += length;
      return token;
    };
    const blank = (length: number) => take('blank', length, rest(length).replace(/[^\n]/g, ' '));
    if (word !== '') yield take('word', word.length);
    else if (isVersioned && rest(2) === '*/') {
      isVersioned = false;
      yield blank(2);
    } else if (rest(2) === '--') {
      if (isMysql && !/^--(?:[\s\p{Cc}]|$)/u.test(rest(3))) throw new Unsplit('-- without a blank after it is no comment', at);
      yield blank(lineLength(text, at));
    } else if (isMysql && rest(1) === '#') yield blank(lineLength(text, at));
    else if (isMysql && /^\/\*M?!/.test(rest(4))) {
      const [opening, version = '0'] = /^\/\*M?!(\d{5,6})?/.exec(rest(10))!;
      if (isVersioned || Number(version) >= EVERYBODY || opening.startsWith('/*M'))
        throw new Unsplit('only some servers execute what stands in this comment', at);
      isVersioned = true;
      yield blank(opening.length);
    } else if (rest(2) === '/*') {
      const end = text.indexOf('*/', at + 2);
      // SQLite takes the end of the text for the end of the comment; MySQL does not.
      if (end < 0) throw new Unsplit('a comment has no end', at);
      yield blank(end + 2 - at);
    } else if (/["'`[]/.test(rest(1)) && !(isMysql && rest(1) === '[')) {
      const length = quotedLength(text, at, isMysql);
      yield take('quoted', length, requoted(rest(length), isMysql));
    } else yield take('sign', 1);
  }
  if (isVersioned) throw new Unsplit('a comment has no end', text.length);
}

function lineLength(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return (end < 0 ? text.length : end) - at;
}

function quotedLength(text: string, at: number, isMysql: boolean): number {
  const quote = text[at] === '[' ? ']' : text[at]!;
  for (let next = at + 1; next < text.length; next++) {
    if (isMysql && quote !== '`' && text[next] === '\\') next++;
    else if (text[next] === quote) {
      if (text[next + 1] !== quote || quote === ']') return next + 1 - at;
      next++;
    }
  }
  throw new Unsplit('a quote has no end', at);
}

/** MySQL's other quotes of texts, as the parser takes them everywhere. */
function requoted(text: string, isMysql: boolean): string {
  if (!isMysql || !text.startsWith('"')) return text;
  const inner = text.slice(1, -1).replace(/\\[\s\S]|""|'/g, (each) => (each === '""' ? '\\"' : each === "'" ? "''" : each));
  return `'${inner}'`;
}
