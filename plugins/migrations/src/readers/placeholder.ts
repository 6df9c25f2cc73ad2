/** A piece of SQL: what the database reads as words and names, or what it takes as it is. */
interface Piece {
  readonly kind: 'code' | 'name' | 'literal' | 'comment';
  readonly text: string;
}

/** Where something starts that is not plain code, and what it is up to its end; a comment in stars ends where its nesting does. */
const QUOTED = new RegExp(
  [
    '(?<comment>--[^\\n\\r]*)',
    '(?<nested>/\\*)',
    // An escape string, in which a backslash keeps a quote from ending it.
    "(?<escape>(?<![\\w$])[eE]'[^'\\\\]*(?:(?:\\\\[^]|'')[^'\\\\]*)*'?)",
    // A doubled quote is seen as the end of one string and the start of another, which comes to the same.
    "(?<string>'[^']*'?)",
    '(?<![\\w$])(?<dollars>\\$(?:[A-Za-z_\\u0080-\\uffff][\\w\\u0080-\\uffff]*)?\\$)[^]*?(?:\\k<dollars>|$)',
    '(?<name>"[^"]*"?|`[^`]*`?)',
  ].join('|'),
  'g',
);

/** Cuts a text into its pieces. It is no parser: it only tells code from what is quoted. */
function* piecesOf(text: string): Generator<Piece> {
  const quoted = new RegExp(QUOTED);
  let from = 0;
  for (let found = quoted.exec(text); found !== null; found = quoted.exec(text)) {
    const { comment, nested, name } = found.groups!;
    if (nested !== undefined) quoted.lastIndex = endOfComment(text, found.index);
    if (found.index > from) yield { kind: 'code', text: text.slice(from, found.index) };
    from = quoted.lastIndex;
    yield {
      kind: name !== undefined ? 'name' : comment === undefined && nested === undefined ? 'literal' : 'comment',
      text: text.slice(found.index, from),
    };
  }
  if (from < text.length) yield { kind: 'code', text: text.slice(from) };
}

/** Comments nest in PostgreSQL. */
function endOfComment(text: string, start: number): number {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = start;
  let depth = 0;
  for (let found = mark.exec(text); found !== null; found = mark.exec(text)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return mark.lastIndex;
  }
  return text.length;
}

const PLACEHOLDER = /\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|\$\{[^}]*\}|<%[=-][\s\S]*?%>|%%/;

/**
 * Why a text is a template: something fills in a placeholder before a database sees it. Looks at code and at quoted names:
 * no database reads `{{` there. In a string it may well be a value, such as `'{{1,2},{3,4}}'`, and changes no statement.
 */
export function placeholderIn(text: string): string | undefined {
  // Most files hold none, and need not be cut.
  if (!PLACEHOLDER.test(text)) return undefined;
  for (const { kind, text: piece } of piecesOf(text)) {
    const [found] = kind === 'code' || kind === 'name' ? (PLACEHOLDER.exec(piece) ?? []) : [];
    if (found !== undefined) return placeholderReason(found);
  }
  return undefined;
}

/** For tools that fill in placeholders wherever they stand. */
export function anyPlaceholderIn(text: string, pattern: RegExp): string | undefined {
  const [found] = pattern.exec(text) ?? [];
  return found === undefined ? undefined : placeholderReason(found);
}

const placeholderReason = (found: string): string =>
  `it is a template: something fills in \`${found.replace(/\s+/g, ' ').slice(0, 60)}\` before it is run`;
