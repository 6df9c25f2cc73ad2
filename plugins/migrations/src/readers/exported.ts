import type { Migration } from '../migration.js';
import type { Source } from './files.js';
import { type AnyNode, type Calls, isFunction, keyOf, literalOf, type Program, programOf, sqlIn } from './javascript.js';
import { opaqueBothWays } from './script.js';

/** What a module exports under the names that tools look for. */
type Exported = Map<string, AnyNode>;

/** Why a module cannot be told from its exports. */
class Unclear extends Error {}

/**
 * Both ways of a module that exports `up` and `down` as functions: the SQL in them, where they hold nothing else. Where the
 * module itself does more than to export, or is none, it is opaque as a whole.
 */
export function exportedWays(
  source: Source,
  calls: Calls,
  { withoutDown }: { readonly withoutDown: 'none' | 'inferred' },
): Pick<Migration, 'up' | 'down'> {
  if (source.opaque !== undefined) return opaqueBothWays(source, source.opaque);
  const program = programOf(source);
  if (program === undefined) return opaqueBothWays(source, 'it is a program that cannot be parsed');
  try {
    const exported = exportsOf(program);
    const own = { ...calls, outsideTransaction: calls.outsideTransaction === true || saysNoTransaction(exported.get('config')) };
    const up = exported.get('up');
    const down = exported.get('down');
    const { down: opaqueDown } = opaqueBothWays(source, 'its way back is inferred from a program');
    if (!isFunction(up)) return opaqueBothWays(source, 'it is a program, and exports no function `up`');
    const sql = sqlIn(source, up, own);
    return {
      up: sql === 'irreversible' ? opaqueBothWays(source, 'it is a program, and its `up` only throws').up : sql,
      down: down === undefined ? (withoutDown === 'none' ? 'none' : opaqueDown) : downOf(down, source, own),
    };
  } catch (error) {
    if (!(error instanceof Unclear)) throw error;
    return opaqueBothWays(source, `it is a program, and not only plain SQL: ${error.message}`);
  }
}

function downOf(down: AnyNode, source: Source, calls: Calls): Migration['down'] {
  if (down.type === 'Literal' && down.value === false) return 'irreversible';
  return isFunction(down) ? sqlIn(source, down, calls) : opaqueBothWays(source, 'it is a program, and its `down` is no function').down;
}

/** Knex: `exports.config = { transaction: false }`. Throws where it says so in another way. */
function saysNoTransaction(config: AnyNode | undefined): boolean {
  if (config === undefined) return false;
  const own = propertiesOf(config).find(([name]) => name === 'transaction')?.[1];
  if (own === undefined) return false;
  if (own.type !== 'Literal' || typeof own.value !== 'boolean') return unclear(own);
  return !own.value;
}

/** Goes through a module statement by statement. Throws where one of them could change what the exports do. */
function exportsOf({ body }: Program): Exported {
  const exported: Exported = new Map();
  const local = new Map(body.flatMap(localsIn));
  for (const [name, node] of body.flatMap(exportsIn)) {
    if (name === undefined || exported.has(name)) unclear(node);
    else exported.set(name, node.type === 'Identifier' ? (local.get(node.name) ?? node) : node);
  }
  return exported;
}

type Named = readonly [name: string | undefined, node: AnyNode];

/** What a module calls by a name of its own, for good. */
function localsIn(node: AnyNode): [string, AnyNode][] {
  if (node.type === 'FunctionDeclaration') return node.id ? [[node.id.name, node]] : [];
  if (node.type !== 'VariableDeclaration' || node.kind !== 'const') return [];
  return node.declarations.flatMap(({ id, init }): [string, AnyNode][] => (id.type === 'Identifier' && init ? [[id.name, init]] : []));
}

/** What a statement exports. Throws where it does something else that could matter. */
function exportsIn(node: AnyNode): Named[] {
  if (node.type === 'ExportNamedDeclaration') return namedExports(node);
  if (node.type === 'ExportDefaultDeclaration') return propertiesOf(node.declaration);
  if (node.type === 'ExpressionStatement' && node.expression.type === 'AssignmentExpression' && node.expression.operator === '=') {
    const { left, right } = node.expression;
    const target = targetOf(left);
    if (target === undefined) return unclear(node);
    return target === '' ? propertiesOf(right) : [[target, right]];
  }
  return isInert(node) ? [] : unclear(node);
}

function namedExports(node: Extract<AnyNode, { type: 'ExportNamedDeclaration' }>): Named[] {
  const { declaration, specifiers } = node;
  if (isTypeOnly(node)) return [];
  if (node.source) return unclear(node);
  if (declaration?.type === 'FunctionDeclaration') return [[declaration.id.name, declaration]];
  if (declaration?.type === 'VariableDeclaration' && declaration.kind === 'const') return localsIn(declaration);
  if (declaration) return unclear(node);
  return specifiers.map(({ exported, local }) => [exported.type === 'Identifier' ? exported.name : undefined, local]);
}

/** What `module.exports = {…}` and `export default {…}` export. */
function propertiesOf(node: AnyNode): Named[] {
  if (node.type !== 'ObjectExpression') return unclear(node);
  return node.properties.map((each) => (each.type === 'Property' && each.kind === 'init' ? [keyOf(each), each.value] : unclear(each)));
}

const unclear = (node: AnyNode): never => {
  throw new Unclear(`it does more than to export, in line ${node.loc!.start.line}`);
};

/** `exports.up` and `module.exports.up` are `up`; `module.exports` is the empty name. */
function targetOf(node: AnyNode): string | undefined {
  if (node.type !== 'MemberExpression' || node.computed || node.property.type !== 'Identifier') return undefined;
  const { object, property } = node;
  if (object.type === 'Identifier' && object.name === 'exports') return property.name;
  if (object.type === 'Identifier' && object.name === 'module' && property.name === 'exports') return '';
  return targetOf(object) === '' ? property.name : undefined;
}

const isTypeOnly = (node: AnyNode): boolean => {
  const { declaration, exportKind } = node as unknown as { declaration?: AnyNode; exportKind?: string };
  return exportKind === 'type' || (declaration?.type as string | undefined)?.startsWith('TS') === true;
};

/** A value that only is there: a literal, a function, or a module that is loaded. */
const isHarmless = (node: AnyNode | null | undefined): boolean =>
  node === null ||
  node === undefined ||
  isFunction(node) ||
  literalOf(node) !== undefined ||
  node.type === 'Literal' ||
  (node.type === 'ArrayExpression' && node.elements.every(isHarmless)) ||
  (node.type === 'CallExpression' && node.callee.type === 'Identifier' && node.callee.name === 'require');

/** What a module may hold beside its exports. */
function isInert(node: AnyNode): boolean {
  if (['ImportDeclaration', 'FunctionDeclaration', 'EmptyStatement'].includes(node.type) || node.type.startsWith('TS')) return true;
  if (node.type === 'VariableDeclaration') return node.declarations.every(({ init }) => isHarmless(init));
  if (node.type !== 'ExpressionStatement') return false;
  return typeof node.directive === 'string' || isMarkOfCompiler(node.expression);
}

/** `Object.defineProperty(exports, "__esModule", { value: true })`, which compilers write. */
const isMarkOfCompiler = (node: AnyNode): boolean =>
  node.type === 'CallExpression' &&
  node.callee.type === 'MemberExpression' &&
  node.callee.object.type === 'Identifier' &&
  node.callee.object.name === 'Object' &&
  node.arguments[1] !== undefined &&
  literalOf(node.arguments[1]) === '__esModule';
