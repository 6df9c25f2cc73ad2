import type { Token } from '../readers/python.js';
import { DESCRIPTIONS, METHODS, POSTGRES_DESCRIPTIONS } from './plain-names.js';

/** Something that is not on the list of what is understood. */
export class NotPlain extends Error {
  constructor(
    readonly at: number,
    what: string,
  ) {
    super(what);
  }
}

/** What the names in a module stand for: the dotted path of what was imported, or `value` for what the module has made. */
export type Names = ReadonlyMap<string, string>;

/** A call, and what is handed over. */
export interface Handed {
  readonly positional: number;
  readonly keywords: readonly string[];
}

const STRING = /^[rRuU]{0,2}["']/;
const OPERATOR = /^[=!<>+\-*/&|]$/;

/** Goes through the tokens of one statement. What it does not understand throws. */
export class Expressions {
  #at = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly names: Names,
  ) {}

  get next(): Token | undefined {
    return this.tokens[this.#at];
  }

  /** Is the next token this sign or word? Then it is taken. */
  takes(text: string): boolean {
    const isIt = this.next?.text === text && this.next.kind !== 'string';
    if (isIt) this.#at += 1;
    return isIt;
  }

  wants(text: string): void {
    if (!this.takes(text)) this.refuse();
  }

  end(): void {
    if (this.next !== undefined) this.refuse();
  }

  name(): string {
    const token = this.next;
    if (token?.kind !== 'word' || !/^[A-Za-z_][A-Za-z0-9_.]*$/.test(token.text)) return this.refuse();
    this.#at += 1;
    return token.text;
  }

  refuse(): never {
    const token = this.next ?? this.tokens.at(-1)!;
    throw new NotPlain(
      token.at,
      this.next === undefined ? 'a statement that ends too early' : `\`${token.text.split('\n')[0]!.slice(0, 40)}\``,
    );
  }

  /** Values, with operators between them. */
  expression(): void {
    this.#operand();
    while (this.next?.kind === 'sign' && OPERATOR.test(this.next.text)) {
      while (this.next?.kind === 'sign' && OPERATOR.test(this.next.text)) this.#at += 1;
      this.#operand();
    }
  }

  /** What stands between the brackets of a call, of which the first is taken already. */
  handed(): Handed {
    const keywords: string[] = [];
    let positional = 0;
    while (!this.takes(')')) {
      const [name, equals, more] = this.tokens.slice(this.#at, this.#at + 3);
      if (name?.kind === 'word' && equals?.text === '=' && equals.kind === 'sign' && !(more?.kind === 'sign' && more.text === '=')) {
        keywords.push(this.name());
        this.#at += 1;
      } else positional += 1;
      this.expression();
      if (!this.takes(',')) {
        this.wants(')');
        break;
      }
    }
    return { positional, keywords };
  }

  #operand(): void {
    if (this.takes('-') || this.takes('~')) {
      this.#operand();
      return;
    }
    const token = this.next;
    if (token === undefined) this.refuse();
    if (isText(token)) {
      while (this.next !== undefined && isText(this.next)) {
        // The sign that ends a statement would become part of the comment.
        if (/--[^\n]*$/.test(this.next.text)) this.refuse();
        this.#at += 1;
      }
    } else if (token.kind === 'sign') this.#bracketed(token.text);
    else if (/^(?:\d+(?:\.\d+)?|True|False|None)$/.test(token.text)) this.#at += 1;
    else this.#reference();
  }

  #bracketed(bracket: string): void {
    const end = { '(': ')', '[': ']', '{': '}' }[bracket];
    if (end === undefined) this.refuse();
    this.#at += 1;
    while (!this.takes(end)) {
      this.expression();
      if (end === '}' && this.takes(':')) this.expression();
      if (!this.takes(',')) {
        this.wants(end);
        break;
      }
    }
    if (bracket === '(') this.#chain();
  }

  #reference(): void {
    const start = this.next!;
    const [root = '', ...rest] = this.name().split('.');
    const known = this.names.get(root);
    const path = known === 'value' || known === 'batch' ? [known, ...rest] : [...(known ?? '?').split('.'), ...rest];
    if (known === undefined || !isDescription(path)) throw new NotPlain(start.at, `\`${start.text}\``);
    if (path[0] === 'value' && rest.length === 1) this.wants('(');
    else if (!this.takes('(')) return;
    this.handed();
    this.#chain();
  }

  /** `.where(…)`, as often as it stands there. */
  #chain(): void {
    while (this.next?.kind === 'word' && this.next.text.startsWith('.')) {
      if (!METHODS.has(this.next.text.slice(1))) this.refuse();
      this.#at += 1;
      this.wants('(');
      this.handed();
    }
  }
}

/** A plain text. One with escapes says something else than it shows, but the same each time. */
const isText = ({ kind, text }: Token): boolean => kind === 'string' || (kind === 'word' && STRING.test(text));

/** Is it something that only describes, such as `sqlalchemy.Column`? */
function isDescription(path: readonly string[]): boolean {
  const [first, second = '', third] = path;
  if (first === 'value') return path.length === 1 || (path.length === 2 ? METHODS.has(second) : isColumn(path.slice(1)));
  if (first === 'batch') return path.length === 2 && second === 'f';
  const whole = path.join('.');
  if (whole === 'alembic.op.f' || whole === 'alembic.op.inline_literal') return true;
  const own = /^sqlalchemy(?:\.(?:sql|types|sql\.expression))?\.([^.]+)$/.exec(whole)?.[1];
  if (own !== undefined) return DESCRIPTIONS.has(own);
  if (/^sqlalchemy(?:\.sql)?\.func\.[^.]+$/.test(whole)) return third !== undefined;
  const postgres = /^sqlalchemy\.dialects\.postgresql\.([^.]+)$/.exec(whole)?.[1];
  return postgres !== undefined && POSTGRES_DESCRIPTIONS.has(postgres);
}

/** `table.c.name`, and what may be asked of it. */
const isColumn = ([c, , method, ...more]: readonly string[]): boolean =>
  (c === 'c' || c === 'columns') && more.length === 0 && (method === undefined || METHODS.has(method));
