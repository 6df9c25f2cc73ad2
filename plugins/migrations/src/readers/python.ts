/** A value that stands in a file: a text, a list or a tuple, `None`. What has to be run is not known. */
export type Value = string | null | readonly Value[] | Unknown;

/** Something that is no literal, such as a call. */
export const UNKNOWN: unique symbol = Symbol('unknown');
export type Unknown = typeof UNKNOWN;

/** Python cut into strings, words and signs. Comments and blanks are gone; `newline` and `indent` are what statements start with. */
export interface Token {
  readonly kind: 'string' | 'word' | 'sign' | 'line';
  readonly text: string;
  /** Where it stands in the text. */
  readonly at: number;
}

const TOKEN = new RegExp(
  [
    '(?<comment>#[^\\n]*)',
    '(?<prefix>\\b[rRbBuUfF]{1,2}(?=["\']))?(?:(?<long>"""|\'\'\')(?<body>[^\\\\]*?(?:\\\\[^][^\\\\]*?)*)\\k<long>|(?<quote>["\'])(?<short>(?:\\\\[^]|(?!\\k<quote>)[^\\\\\\n])*)\\k<quote>)',
    '(?<line>\\n[ \\t]*)',
    '(?<word>[\\p{L}\\p{N}_.]+)',
    '(?<blank>[ \\t\\r\\f]+|\\\\\\r?\\n)',
    '(?<sign>[^])',
  ].join('|'),
  'gu',
);

/** Cuts a text into tokens. One that holds something unexpected becomes a sign or a word that nobody knows. */
export function tokensOf(text: string): Token[] {
  return [...`\n${text}`.matchAll(TOKEN)].flatMap(({ groups, 0: whole, index }): Token[] => {
    const at = Math.max(0, index - 1);
    const { comment, blank, line, word, sign, prefix = '', body, short } = groups!;
    if (comment !== undefined || blank !== undefined) return [];
    if (line !== undefined) return [{ kind: 'line', text: line.slice(1), at }];
    if (word !== undefined) return [{ kind: 'word', text: word, at }];
    if (sign !== undefined) return [{ kind: 'sign', text: sign, at }];
    const content = body ?? short ?? '';
    // What is put together at run time, or says something else than it shows, is taken for a value that nobody knows.
    return /[fbFB]/.test(prefix) || content.includes('\\') ? [{ kind: 'word', text: whole, at }] : [{ kind: 'string', text: content, at }];
  });
}

/**
 * The values of the assignments `name = …` and `name: type = …` in a file, the last of each name. `isInside` picks those of a
 * class, which are indented; the others stand at the start of a line.
 */
export function assignmentsIn(text: string, { isInside = false } = {}): ReadonlyMap<string, Value> {
  const tokens = tokensOf(text);
  const values = new Map<string, Value>();
  let depth = 0;
  tokens.forEach((token, index) => {
    if (token.kind === 'sign' && '([{'.includes(token.text)) depth += 1;
    if (token.kind === 'sign' && ')]}'.includes(token.text)) depth -= 1;
    const name = tokens[index + 1];
    if (token.kind !== 'line' || depth !== 0 || (token.text !== '') !== isInside || name?.kind !== 'word') return;
    const equals = equalsAfter(tokens, index + 2);
    if (equals !== undefined) values.set(name.text, new Literals(tokens, equals + 1).value());
  });
  return values;
}

/** Where the sign of an assignment stands: behind the name, or behind its type. */
function equalsAfter(tokens: readonly Token[], start: number): number | undefined {
  if (isSign(tokens[start], '=') && !isSign(tokens[start + 1], '=')) return start;
  if (!isSign(tokens[start], ':')) return undefined;
  let depth = 0;
  for (let at = start + 1; at < tokens.length; at += 1) {
    const { kind, text } = tokens[at]!;
    if (kind === 'sign' && '([{'.includes(text)) depth += 1;
    else if (kind === 'sign' && ')]}'.includes(text)) depth -= 1;
    else if (depth === 0 && kind === 'line') return undefined;
    else if (depth === 0 && isSign(tokens[at], '=')) return at;
  }
  return undefined;
}

const isSign = (token: Token | undefined, text: string): boolean => token?.kind === 'sign' && token.text === text;

/** Reads a literal from tokens. */
class Literals {
  constructor(
    private readonly tokens: readonly Token[],
    private at: number,
  ) {}

  value(): Value {
    const value = this.#expression(false);
    if (!isSign(this.tokens[this.at], ',')) return this.#isEnd() ? value : UNKNOWN;
    // A tuple without brackets.
    const values: Value[] = [value];
    while (isSign(this.tokens[this.at], ',')) {
      this.at += 1;
      if (!this.#isEnd()) values.push(this.#expression(false));
    }
    return this.#isEnd() ? values : UNKNOWN;
  }

  #isEnd(): boolean {
    const token = this.tokens[this.at];
    return token === undefined || token.kind === 'line' || isSign(token, ';');
  }

  /** Within brackets the ends of lines mean nothing. */
  #expression(isInBrackets: boolean): Value {
    this.#skipLines(isInBrackets);
    const token = this.tokens[this.at];
    const value = this.#plain(token, isInBrackets);
    this.#skipLines(isInBrackets);
    const next = this.tokens[this.at];
    if (next === undefined || ',)]};'.includes(next.text) || next.kind === 'line') return value;
    this.#skipRest(isInBrackets);
    return UNKNOWN;
  }

  #plain(token: Token | undefined, isInBrackets: boolean): Value {
    if (token === undefined) return UNKNOWN;
    this.at += 1;
    if (token.kind === 'string') return this.#joined(token.text, isInBrackets);
    if (token.kind === 'word') return token.text === 'None' ? null : UNKNOWN;
    if (token.text === '(') return this.#listed(')');
    if (token.text === '[') return this.#listed(']');
    this.at -= 1;
    this.#skipRest(isInBrackets);
    return UNKNOWN;
  }

  /** Strings that stand side by side are one. */
  #joined(first: string, isInBrackets: boolean): string {
    let text = first;
    for (;;) {
      this.#skipLines(isInBrackets);
      const token = this.tokens[this.at];
      if (token?.kind !== 'string') return text;
      text += token.text;
      this.at += 1;
    }
  }

  #listed(end: string): Value {
    const values: Value[] = [];
    let commas = 0;
    for (;;) {
      this.#skipLines(true);
      const token = this.tokens[this.at];
      if (token === undefined) return UNKNOWN;
      if (isSign(token, end)) {
        this.at += 1;
        // `('a')` is a text in brackets, and `('a',)` a tuple.
        return end === ')' && values.length === 1 && commas === 0 ? values[0]! : values;
      }
      if (isSign(token, ',')) {
        this.at += 1;
        commas += 1;
      } else {
        const before = this.at;
        values.push(this.#expression(true));
        if (this.at === before) return UNKNOWN;
      }
    }
  }

  #skipLines(isInBrackets: boolean): void {
    while (isInBrackets && this.tokens[this.at]?.kind === 'line') this.at += 1;
  }

  /** Up to the comma or the bracket that ends an expression. */
  #skipRest(isInBrackets: boolean): void {
    let depth = 0;
    for (; this.at < this.tokens.length; this.at += 1) {
      const token = this.tokens[this.at]!;
      if (token.kind === 'line' && !isInBrackets && depth === 0) return;
      if (token.kind !== 'sign') continue;
      if (depth === 0 && ',)]}'.includes(token.text)) return;
      if ('([{'.includes(token.text)) depth += 1;
      if (')]}'.includes(token.text)) depth -= 1;
    }
  }
}
