import { type Token, tokensOf } from '../readers/python.js';
import { lineAt } from '../sql/statement.js';
import { Expressions, NotPlain } from './plain-expression.js';
import { BATCH_OPERATIONS, OPERATIONS, TYPING } from './plain-names.js';

/** A function of which every statement is known to do no more than what Alembic prints for it. */
export interface PlainWay {
  /** The line in which it begins. */
  readonly line: number;
  /** It does nothing at all. */
  readonly isEmpty: boolean;
  /** How many blocks it has that are run outside of the transaction. */
  readonly autocommits: number;
}

/** Why the printed SQL would not be the whole truth. */
export interface Unplain {
  readonly line: number;
  readonly opaque: string;
}

type Way = PlainWay | Unplain | 'irreversible';

/** A statement without what stands in its block. */
interface Line {
  readonly indent: string;
  readonly tokens: readonly Token[];
}

/**
 * Reads both ways of a revision of Alembic by a list of what is understood: calls of `op` with plain values. Whatever is not on the
 * list, such as a connection, a condition or a function of the project, makes the way opaque, or both where it stands outside.
 */
export function plainWaysOf(text: string): { readonly up: Way; readonly down: Way } {
  const lineOf = (name: string) => lineAt(text, Math.max(0, text.search(new RegExp(`^def ${name}\\b`, 'm'))), 1);
  const refused = (name: string, { at, message }: NotPlain): Unplain => ({
    line: lineOf(name),
    opaque: `it is a program, and Alembic may print less than it does: line ${lineAt(text, at, 1)} holds ${message}`,
  });
  try {
    const module = new Module(text);
    const way = (name: string): Way => {
      try {
        const found = module.way(name);
        return found === 'irreversible' ? found : { line: lineOf(name), ...found };
      } catch (error) {
        if (!(error instanceof NotPlain)) throw error;
        return refused(name, error);
      }
    };
    return { up: way('upgrade'), down: way('downgrade') };
  } catch (error) {
    if (!(error instanceof NotPlain)) throw error;
    return { up: refused('upgrade', error), down: refused('downgrade', error) };
  }
}

class Module {
  readonly #names = new Map<string, string>();
  readonly #ways = new Map<string, readonly Line[]>();

  constructor(text: string) {
    // Python would see other lines, or other letters, than stand here.
    const strange = /\r(?!\n)|\f|^(?:[^\n]*\n)?[^\n]*coding[:=](?!\s*utf-?8\b)/i.exec(text);
    if (strange) throw new NotPlain(strange.index, 'other ends of lines, or another encoding');
    const lines = linesOf(tokensOf(text));
    for (let at = 0; at < lines.length; ) {
      const end = lines.findIndex((each, index) => index > at && each.indent === '');
      const block = lines.slice(at, end < 0 ? lines.length : end);
      this.#statement(block);
      at += block.length;
    }
  }

  way(name: string): Omit<PlainWay, 'line'> | 'irreversible' {
    const block = this.#ways.get(name);
    if (block === undefined) throw new NotPlain(0, `no function \`${name}\``);
    const [only, ...more] = block;
    if (more.length === 0 && only !== undefined && isRaise(only)) return 'irreversible';
    return new Body(new Map(this.#names)).read(block);
  }

  #statement([head, ...block]: readonly Line[]): void {
    const { tokens } = head!;
    const read = new Expressions(tokens, this.#names);
    if (read.takes('def')) {
      this.#function(read, block);
      return;
    }
    if (block.length > 0) throw new NotPlain(tokens[0]!.at, `\`${tokens[0]!.text}\``);
    if (tokens.every(({ kind }) => kind === 'string')) return;
    if (read.takes('import')) {
      this.#import(read);
      return;
    }
    if (read.takes('from')) {
      this.#from(read);
      return;
    }
    const name = read.name();
    if (read.takes(':')) while (read.next !== undefined && !(read.next.kind === 'sign' && read.next.text === '=')) this.#annotated(read);
    read.wants('=');
    read.expression();
    while (read.takes(',')) if (read.next !== undefined) read.expression();
    read.end();
    this.#call(name, 'value', tokens);
  }

  #annotated(read: Expressions): void {
    if (!['[', ']', ',', '|'].some((sign) => read.takes(sign))) read.name();
  }

  #function(read: Expressions, block: readonly Line[]): void {
    const start = read.next!;
    const name = read.name();
    if (!['upgrade', 'downgrade'].includes(name) || this.#ways.has(name)) throw new NotPlain(start.at, `a function \`${name}\``);
    for (const sign of ['(', ')']) read.wants(sign);
    if (read.takes('-')) {
      read.wants('>');
      read.wants('None');
    }
    read.wants(':');
    read.end();
    if (block.length === 0) throw new NotPlain(start.at, 'a function without a block');
    this.#ways.set(name, block);
  }

  #import(read: Expressions): void {
    const start = read.next!;
    const path = read.name();
    const name = read.takes('as') ? read.name() : path;
    read.end();
    if (path !== 'sqlalchemy') throw new NotPlain(start.at, `\`${path}\``);
    this.#call(name, path, [start]);
  }

  #from(read: Expressions): void {
    const start = read.next!;
    const module = read.name();
    read.wants('import');
    const isInBrackets = read.takes('(');
    do {
      if (isInBrackets && read.takes(')')) {
        read.end();
        return;
      }
      const path = read.name();
      const name = read.takes('as') ? read.name() : path;
      if (TYPING.has(module)) this.#call(name, 'typing', [start]);
      else if (
        `${module}.${path}` === 'alembic.op' ||
        /^sqlalchemy(?:\.(?:sql|types|sql\.expression|dialects|dialects\.postgresql))?$/.test(module)
      )
        this.#call(name, `${module}.${path}`, [start]);
      else throw new NotPlain(start.at, `\`${module}.${path}\``);
    } while (read.takes(','));
    if (isInBrackets) read.wants(')');
    read.end();
  }

  /** A name means one thing, from the first line to the last. */
  #call(name: string, path: string, [start]: readonly Token[]): void {
    if (name.includes('.') || this.#names.has(name) || ['upgrade', 'downgrade'].includes(name))
      throw new NotPlain(start!.at, `\`${name}\` once more`);
    this.#names.set(name, path);
  }
}

/** The block of a function. */
class Body {
  #autocommits = 0;
  #isEmpty = true;

  constructor(private readonly names: Map<string, string>) {}

  read(block: readonly Line[]): Omit<PlainWay, 'line'> {
    this.#block(block, undefined);
    return { isEmpty: this.#isEmpty, autocommits: this.#autocommits };
  }

  #block(lines: readonly Line[], batch: string | undefined): void {
    const indent = lines[0]!.indent;
    for (let at = 0; at < lines.length; ) {
      const line = lines[at]!;
      if (line.indent !== indent) throw new NotPlain(line.tokens[0]!.at, 'a block that is not understood');
      const end = lines.findIndex((each, index) => index > at && !(each.indent.startsWith(indent) && each.indent.length > indent.length));
      const inner = lines.slice(at + 1, end < 0 ? lines.length : end);
      this.#statement(line.tokens, inner, batch);
      at += 1 + inner.length;
    }
  }

  #statement(tokens: readonly Token[], inner: readonly Line[], batch: string | undefined): void {
    const read = new Expressions(tokens, this.names);
    if (read.takes('with')) {
      this.#with(read, inner, batch);
      return;
    }
    if (inner.length > 0) read.refuse();
    if (tokens.every(({ kind }) => kind === 'string') || (tokens.length === 1 && read.takes('pass'))) return;
    this.#isEmpty = false;
    const start = read.next!;
    const name = read.name();
    if (!read.takes('=')) {
      this.#operation(read, name, start, batch);
      return;
    }
    if (this.names.has(name) || name.includes('.')) throw new NotPlain(start.at, `\`${name}\` once more`);
    const operation = read.next;
    if (operation !== undefined && operation.kind === 'word' && this.#pathOf(operation.text) === 'alembic.op.create_table')
      this.#operation(read, read.name(), operation, batch);
    else {
      read.expression();
      read.end();
    }
    this.names.set(name, 'value');
  }

  #operation(read: Expressions, name: string, start: Token, batch: string | undefined): void {
    const [, operation = ''] = /^alembic\.op\.([^.]+)$/.exec(this.#pathOf(name)) ?? [];
    const [, ofBatch = ''] = /^batch\.([^.]+)$/.exec(this.#pathOf(name)) ?? [];
    const isKnown = OPERATIONS.has(operation) || (batch !== undefined && name.startsWith(`${batch}.`) && BATCH_OPERATIONS.has(ofBatch));
    if (!isKnown) throw new NotPlain(start.at, `\`${name}\``);
    read.wants('(');
    const { positional, keywords } = read.handed();
    read.end();
    // Its options, such as another level of isolation, are not printed.
    if (operation === 'execute' && (positional !== 1 || keywords.length > 0)) throw new NotPlain(start.at, `\`${name}\` with options`);
  }

  /** `with op.batch_alter_table('a') as batch:` and `with op.get_context().autocommit_block():`, and no other. */
  #with(read: Expressions, inner: readonly Line[], batch: string | undefined): void {
    const start = read.next!;
    const path = this.#pathOf(read.name());
    if (inner.length === 0 || batch !== undefined) throw new NotPlain(start.at, '`with`');
    read.wants('(');
    if (path === 'alembic.op.get_context') {
      for (const each of [')', '.autocommit_block', '(', ')', ':']) read.wants(each);
      read.end();
      this.#autocommits += 1;
      this.#isEmpty = false;
      this.#block(inner, undefined);
      return;
    }
    const { keywords } = read.handed();
    if (path !== 'alembic.op.batch_alter_table' || keywords.some((each) => each !== 'schema')) throw new NotPlain(start.at, '`with`');
    read.wants('as');
    const name = read.name();
    read.wants(':');
    read.end();
    if (name.includes('.') || (this.names.has(name) && this.names.get(name) !== 'batch'))
      throw new NotPlain(start.at, `\`${name}\` once more`);
    this.names.set(name, 'batch');
    this.#isEmpty = false;
    this.#block(inner, name);
  }

  #pathOf(name: string): string {
    const [root = '', ...rest] = name.split('.');
    return [this.names.get(root) ?? '?', ...rest].join('.');
  }
}

const isRaise = ({ tokens }: Line): boolean => tokens[0]?.kind === 'word' && tokens[0].text === 'raise';

/** Ends of lines within brackets, and lines that hold nothing, are no ends of statements. */
function linesOf(tokens: readonly Token[]): Line[] {
  const lines: { indent: string; tokens: Token[] }[] = [];
  let depth = 0;
  for (const token of tokens) {
    if (token.kind === 'sign' && '([{'.includes(token.text)) depth += 1;
    if (token.kind === 'sign' && ')]}'.includes(token.text)) depth -= 1;
    if (token.kind !== 'line') lines.at(-1)!.tokens.push(token);
    else if (depth === 0) lines.push({ indent: token.text, tokens: [] });
  }
  return lines.filter(({ tokens: own }) => own.length > 0);
}
