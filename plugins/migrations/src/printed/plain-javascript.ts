import type { AnyNode } from 'acorn';
import { literalOf, programOf } from '../readers/javascript.js';
import { lineAt } from '../sql/statement.js';

/** What a module may use that it has not declared. None of it reaches out of the module, or says something else the next time. */
const GLOBALS = new Set(
  `undefined exports module Object Array String Number Boolean JSON Map Set Symbol Error TypeError RangeError Promise BigInt RegExp NaN
Infinity isNaN parseInt parseFloat console`.split(/\s+/),
);

/** What of the tool only describes. The rest of it can connect to a database. */
const OF_TOOL = new Set(['PgLiteral', 'PgType', 'ColumnDefinitions', 'MigrationBuilder']);

/** Parts of a node that say something of types alone. */
const TYPES = new Set(['typeAnnotation', 'returnType', 'typeParameters', 'typeArguments', 'superTypeParameters', 'implements']);

type Loose = AnyNode & Record<string, unknown>;

/** Why what the builder collects may not be all that a module does; undefined where it has nothing else to act with. */
export function whyNotPlain(source: string): string | undefined {
  const program = programOf({ file: '', text: source });
  if (program === undefined) return 'it cannot be parsed';
  const found: { readonly name: string; readonly at: number }[] = [];
  const declared = new Set<string>();
  const say = (name: string, { start }: AnyNode) => found.push({ name, at: start });
  visitNode(program as Loose, (node) => {
    for (const name of declaredIn(node)) declared.add(name);
    const reached = reachedIn(node);
    if (reached !== undefined) say(reached, node);
  });
  visitNode(program as Loose, (node, isName) => {
    if (node.type === 'Identifier' && !isName && !declared.has(node.name) && !GLOBALS.has(node.name)) say(node.name, node);
  });
  const [first] = found.sort((one, other) => one.at - other.at);
  return first === undefined ? undefined : `line ${lineAt(source, first.at, 1)} uses ${first.name}`;
}

/** Nodes with which a module gets at something outside of it. */
function reachedIn(node: Loose): string | undefined {
  if (node.type === 'ImportDeclaration') {
    if ((node as unknown as { importKind?: string }).importKind === 'type') return undefined;
    const isDescribing = node.specifiers.every(
      (each) => each.type === 'ImportSpecifier' && each.imported.type === 'Identifier' && OF_TOOL.has(each.imported.name),
    );
    return node.source.value === 'node-pg-migrate' && isDescribing ? undefined : `\`import\` of ${String(node.source.value)}`;
  }
  if ((node.type === 'ExportNamedDeclaration' || node.type === 'ExportAllDeclaration') && node.source) return '`export` of another module';
  if (node.type === 'VariableDeclarator' && isRequire(node.init)) {
    const isDescribing =
      node.id.type === 'ObjectPattern' &&
      node.id.properties.every((each) => each.type === 'Property' && each.key.type === 'Identifier' && OF_TOOL.has(each.key.name));
    return isDescribing ? undefined : '`require`';
  }
  if (['ImportExpression', 'MetaProperty', 'ThisExpression', 'WithStatement'].includes(node.type)) return `\`${node.type}\``;
  const name = node.type === 'MemberExpression' ? nameOf(node.property) : node.type === 'Property' ? nameOf(node.key) : undefined;
  return name !== undefined && /^(?:constructor|__proto__|db)$/.test(name) ? `\`${name}\`` : undefined;
}

const nameOf = (node: AnyNode): string | undefined => (node.type === 'Identifier' ? node.name : literalOf(node));

const isRequire = (node: AnyNode | null | undefined): boolean =>
  node?.type === 'CallExpression' &&
  node.callee.type === 'Identifier' &&
  node.callee.name === 'require' &&
  node.arguments[0]?.type === 'Literal' &&
  node.arguments[0].value === 'node-pg-migrate';

function declaredIn(node: Loose): string[] {
  if (node.type === 'VariableDeclarator') return namesIn(node.id);
  if (node.type === 'CatchClause') return namesIn(node.param);
  if (node.type === 'ImportDeclaration') return node.specifiers.map(({ local }) => local.name);
  if (node.type === 'ClassDeclaration') return namesIn(node.id);
  if (node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression')
    return [...node.params.flatMap(namesIn), ...namesIn('id' in node ? node.id : null)];
  return [];
}

function namesIn(node: AnyNode | null | undefined): string[] {
  if (node?.type === 'Identifier') return [node.name];
  if (node?.type === 'AssignmentPattern') return namesIn(node.left);
  if (node?.type === 'RestElement') return namesIn(node.argument);
  if (node?.type === 'ArrayPattern') return node.elements.flatMap(namesIn);
  if (node?.type === 'ObjectPattern')
    return node.properties.flatMap((each) => namesIn(each.type === 'Property' ? each.value : each.argument));
  return [];
}

/** Calls back for every node that is run. `isName`: it is the name of a property, and stands for nothing. */
function visitNode(node: Loose, seen: (node: Loose, isName: boolean) => void, isName = false): void {
  seen(node, isName);
  // `require` stands for something only in the form that is looked at with its declaration.
  if (node.type === 'VariableDeclarator' && isRequire(node.init)) return;
  for (const [key, value] of Object.entries(node)) {
    if (TYPES.has(key)) continue;
    const named =
      (key === 'property' || key === 'key' || key === 'imported' || key === 'exported') &&
      (node as unknown as { computed?: boolean }).computed !== true;
    for (const each of Array.isArray(value) ? value : [value]) if (isNode(each)) visitNode(each, seen, named);
  }
}

/** What of TypeScript is gone when it is run. */
const GONE = new Set(['TSInterfaceDeclaration', 'TSTypeAliasDeclaration', 'TSDeclareFunction']);

const isNode = (value: unknown): value is Loose => {
  const type = typeof value === 'object' && value !== null ? (value as { type?: unknown }).type : undefined;
  return typeof type === 'string' && !GONE.has(type);
};
