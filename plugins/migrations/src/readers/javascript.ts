import { tsPlugin } from '@sveltejs/acorn-typescript';
import { type AnyNode, type CallExpression, type Expression, Parser, type Program } from 'acorn';
import type { Script } from '../migration.js';
import type { Source } from './files.js';
import { scriptFrom } from './script.js';

export type { AnyNode, Program } from 'acorn';

/** A function, wherever it stands: declared, a method, or an arrow. */
export type AnyFunction = Extract<AnyNode, { type: 'FunctionDeclaration' | 'FunctionExpression' | 'ArrowFunctionExpression' }>;

/** How a tool hands SQL over: by which calls on the first parameter of `up` and `down`. */
export interface Calls {
  /** What stands behind the parameter, such as `schema.raw`. */
  readonly paths: readonly string[];
  /** It is sent only where it is awaited or returned. Without it the calls collect what is sent later. */
  readonly isAwaited: boolean;
  readonly outsideTransaction?: boolean;
  /** Why a text is not sent as it stands, such as a `?` that the tool reads as a place for a value. */
  readonly changed?: (sql: string) => string | undefined;
}

const TypeScript = Parser.extend(tsPlugin() as unknown as Parameters<typeof Parser.extend>[0]);

/** Reads a module of JavaScript or TypeScript. Undefined where it has a syntax error, or one that the parser does not know. */
export function programOf({ text }: Source): Program | undefined {
  try {
    return TypeScript.parse(text, {
      ecmaVersion: 'latest',
      sourceType: 'module',
      locations: true,
      allowReturnOutsideFunction: true,
      allowHashBang: true,
    });
  } catch {
    return undefined;
  }
}

/** Why a function cannot be told from its text. */
class Opaque extends Error {}

/**
 * The SQL of a function that does nothing but hand over plain texts, one script for each: nothing is put into them, and no
 * value goes with them. A function that only throws is marked as one that cannot be undone. What does more is opaque.
 */
export function sqlIn(source: Source, fn: AnyFunction, calls: Calls): readonly Script[] | 'irreversible' {
  const line = fn.loc!.start.line;
  try {
    const body =
      fn.body.type === 'BlockStatement' ? fn.body.body.filter((each) => each.type !== 'EmptyStatement' && !isDirective(each)) : undefined;
    if (body?.length === 1 && body[0]!.type === 'ThrowStatement') return 'irreversible';
    if (fn.generator) throw new Opaque('is a generator');
    // A function that does nothing is run as well: an empty text stands for it.
    if (body?.length === 0) return [{ file: source.file, line, text: '', ...(calls.outsideTransaction && { outsideTransaction: true }) }];
    const parameter = parameterOf(fn);
    const found =
      body === undefined
        ? [callIn(fn.body as Expression, calls, true)]
        : body.map((each, index) => callOf(each, calls, index === body.length - 1));
    return found.map((call) => textOf(call, parameter, calls, source));
  } catch (error) {
    if (!(error instanceof Opaque)) throw error;
    return [
      {
        file: source.file,
        line,
        text: source.text.slice(fn.start, fn.end),
        opaque: `it is a program, and not only plain SQL: it ${error.message}`,
      },
    ];
  }
}

const isDirective = (node: AnyNode): boolean => node.type === 'ExpressionStatement' && typeof node.directive === 'string';

function parameterOf(fn: AnyFunction): string {
  const [first] = fn.params;
  if (first?.type === 'Identifier') return first.name;
  // umzug hands over one object: `({ context: queryInterface })`.
  const property =
    first?.type === 'ObjectPattern'
      ? first.properties.find((each) => each.type === 'Property' && each.key.type === 'Identifier' && each.key.name === 'context')
      : undefined;
  if (property?.type === 'Property' && property.value.type === 'Identifier') return property.value.name;
  throw new Opaque('takes no plain parameter');
}

/** The call that a statement consists of. */
function callOf(statement: AnyNode, calls: Calls, isLast: boolean): CallExpression {
  if (statement.type === 'ReturnStatement' && statement.argument && isLast) return callIn(statement.argument, calls, true);
  if (statement.type === 'ExpressionStatement') return callIn(statement.expression, calls, false);
  throw new Opaque(`holds more than calls, in line ${statement.loc!.start.line}`);
}

function callIn(expression: Expression, calls: Calls, isReturned: boolean): CallExpression {
  const isWaited = expression.type === 'AwaitExpression';
  const inner = isWaited ? expression.argument : expression;
  const line = expression.loc!.start.line;
  if (inner.type !== 'CallExpression') throw new Opaque(`holds more than calls, in line ${line}`);
  if (calls.isAwaited && !isWaited && !isReturned) throw new Opaque(`does not wait for what it sends, in line ${line}`);
  return inner;
}

function textOf(call: CallExpression, parameter: string, calls: Calls, source: Source): Script {
  const line = call.loc!.start.line;
  const path = pathOf(call.callee);
  if (path === undefined || !calls.paths.some((each) => path === `${parameter}.${each}`))
    throw new Opaque(`calls something else, in line ${line}`);
  const [argument, ...more] = call.arguments;
  if (argument === undefined || more.length > 0) throw new Opaque(`hands over more than a text, in line ${line}`);
  const sql = literalOf(argument);
  if (sql === undefined) throw new Opaque(`puts its SQL together, in line ${line}`);
  const changed = calls.changed?.(sql);
  if (changed !== undefined) throw new Opaque(`${changed}, in line ${line}`);
  const { opaque } = scriptFrom({ file: source.file, text: sql });
  return {
    file: source.file,
    // The text starts behind the quote. Where it holds `\n` or another escape, its later lines stand further up in the file.
    line: argument.loc!.start.line,
    text: sql,
    ...(calls.outsideTransaction && { outsideTransaction: true }),
    ...(opaque !== undefined && { opaque }),
  };
}

/** `a.b.c`, where it is no more than that. */
function pathOf(node: AnyNode): string | undefined {
  if (node.type === 'Identifier') return node.name;
  if (node.type !== 'MemberExpression' || node.computed || node.optional || node.property.type !== 'Identifier') return undefined;
  const object = pathOf(node.object);
  return object === undefined ? undefined : `${object}.${node.property.name}`;
}

/** What a plain literal says when it is run. */
export function literalOf(node: AnyNode): string | undefined {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  if (node.type === 'TemplateLiteral' && node.expressions.length === 0) return node.quasis[0]!.value.cooked ?? undefined;
  return undefined;
}

export const isFunction = (node: AnyNode | null | undefined): node is AnyFunction =>
  node?.type === 'FunctionDeclaration' || node?.type === 'FunctionExpression' || node?.type === 'ArrowFunctionExpression';

/** The name that a property or a method is reached by. */
export const keyOf = (node: { readonly key: AnyNode; readonly computed: boolean }): string | undefined =>
  node.computed ? undefined : node.key.type === 'Identifier' ? node.key.name : literalOf(node.key);
