import type { Node, RangeVar } from 'libpg-query';
import type { Rebuild, RestateColumn } from '../sql/dialects/own-nodes.js';
import { joined, objectName, qualified, relationName, relationsOf, shapeOf, textsOf, typeText } from '../sql/names.js';
import { parseBlock, parseScript, visit } from '../sql/parser.js';
import type { Statement } from '../sql/statement.js';
import { judgeAbsent } from './absent.js';
import { changeRows, judgeSearchPath } from './data.js';
import { rebuildTable } from './rebuild.js';
import { rename } from './rename.js';
import { restateColumn } from './restate.js';
import { alterTable, createTable, drop } from './tables.js';
import { alterEnum, createEnum, createIndex, createThing } from './things.js';
import type { Walk } from './walk.js';

/** Settings, comments, owners, rights that are given: nothing that a rollback has to know. */
const HARMLESS = new Set([
  'VariableShowStmt',
  'CommentStmt',
  'AlterOwnerStmt',
  'AlterDefaultPrivilegesStmt',
  'LockStmt',
  'NotifyStmt',
  'ListenStmt',
  'UnlistenStmt',
  'CheckPointStmt',
  'DiscardStmt',
  'SecLabelStmt',
  'ConstraintsSetStmt',
  'AlterStatsStmt',
  'AlterObjectDependsStmt',
  'PrepareStmt',
  'DeallocateStmt',
  'CreateRoleStmt',
]);

type Kind = Node extends infer Each ? (Each extends unknown ? keyof Each : never) : never;
type BodyOf<K extends Kind> = Extract<Node, Readonly<Record<K, unknown>>>[K];
/** What the other dialects have of their own. */
interface OwnHandlers {
  readonly RestateColumnStmt: (walk: Walk, body: RestateColumn) => void;
  readonly RebuildStmt: (walk: Walk, body: Rebuild) => void;
}
type Handlers = OwnHandlers & { readonly [K in Kind]?: (walk: Walk, body: BodyOf<K>, statement: Statement) => void };

/** Judges a statement, and has it change the schema. What is not known is not guessed: it blocks. */
export function judge(walk: Walk, statement: Statement): void {
  walk.at(statement);
  const { node, kind } = statement;
  judgeAbsent(walk, statement);
  if (HARMLESS.has(kind)) return;
  const handler = HANDLERS[kind as Kind] as ((walk: Walk, body: unknown, statement: Statement) => void) | undefined;
  if (handler === undefined) walk.say('opaque-code', { up: ['B', 'O?'], down: ['B'] }, `${kind} is not followed`);
  else handler(walk, (node as Readonly<Record<string, unknown>>)[kind], statement);
}

const rows = (walk: Walk, _body: unknown, { node }: Statement): void => changeRows(walk, node);
const slow = (walk: Walk): void => walk.say('lock-scan', { up: ['L'], down: ['L'] }, 'it takes its time, and locks');
const dropContainer = (walk: Walk): void => walk.say('up-drop-container', { up: ['B', 'O'], down: ['B'] }, 'what is in it goes with it');

const HANDLERS: Handlers = {
  RestateColumnStmt: restateColumn,
  RebuildStmt: rebuildTable,
  CreateStmt: createTable,
  CreateForeignTableStmt: (walk, { base = {} }) => createTable(walk, base),
  AlterTableStmt: alterTable,
  DropStmt: drop,
  RenameStmt: rename,
  IndexStmt: createIndex,
  CreateEnumStmt: createEnum,
  AlterEnumStmt: alterEnum,
  SelectStmt: rows,
  InsertStmt: rows,
  UpdateStmt: rows,
  DeleteStmt: rows,
  MergeStmt: rows,
  DoStmt: judgeBlock,
  ViewStmt: createView,
  CreateTableAsStmt: createFromQuery,
  CreateFunctionStmt: createRoutine,
  CreateTrigStmt: createTrigger,
  RuleStmt: (walk, body) => {
    const table = relationName(body.relation);
    walk.say('add-trigger', { up: ['O?'], down: ['L'] }, 'what the old code asks for is rewritten');
    createThing(walk, 'rule', `${table} ${body.rulename}`, body, { table, replace: body.replace === true });
  },
  CreatePolicyStmt: (walk, body) => {
    const table = relationName(body.table);
    if (!walk.isOwn(table)) walk.say('revoke-or-rls', { up: ['O?'] }, 'where row security is on, the old code may see other rows');
    createThing(walk, 'policy', `${table} ${body.policy_name}`, body, { table });
  },
  AlterPolicyStmt: (walk, body) => {
    const table = relationName(body.table);
    walk.say('revoke-or-rls', { up: ['O'] }, 'the old code may see other rows');
    createThing(walk, 'policy', `${table} ${body.policy_name}`, body, { table });
  },
  CreateSchemaStmt: (walk, body) => createThing(walk, 'schema', body.schemaname ?? '', body, maybe(body.if_not_exists)),
  CreateExtensionStmt: (walk, body) => createThing(walk, 'extension', body.extname ?? '', body, maybe(body.if_not_exists)),
  CreateSeqStmt: (walk, body) => createThing(walk, 'sequence', relationName(body.sequence), body, maybe(body.if_not_exists)),
  CreateDomainStmt: (walk, body) => createThing(walk, 'type', joined(textsOf(body.domainname)), body),
  CompositeTypeStmt: (walk, body) => createThing(walk, 'type', relationName(body.typevar), body),
  CreateRangeStmt: (walk, body) => createThing(walk, 'type', joined(textsOf(body.typeName)), body),
  CreateCastStmt: (walk, body) => createThing(walk, 'cast', typeText(body.sourcetype), body),
  TruncateStmt: (walk, { relations }) => {
    const tables = relationsOf(relations).filter((each) => walk.side === 'down' || !walk.isOwn(each));
    if (tables.length > 0) walk.say(`${walk.side}-truncate`, { up: ['B'], down: ['B'] }, `all rows of ${tables.join(', ')} are lost`);
  },
  TransactionStmt: (walk) =>
    walk.say('tx-control', { up: ['B'], down: ['B'] }, 'half of it may stand when it fails: the tool can roll nothing back'),
  VacuumStmt: slow,
  ReindexStmt: slow,
  GrantStmt: grant,
  GrantRoleStmt: grant,
  VariableSetStmt: (walk, { name, args = [] }) => {
    if (name === 'search_path') judgeSearchPath(walk, args);
  },
  ExplainStmt: (walk, { query, options = [] }) => {
    // With ANALYZE it runs.
    if (query !== undefined && options.some((each) => 'DefElem' in each && each.DefElem.defname === 'analyze')) changeRows(walk, query);
  },
  AlterSeqStmt: (walk, { sequence, options = [] }) => {
    const isOwner = options.every((each) => 'DefElem' in each && each.DefElem.defname === 'owned_by');
    if (!isOwner && walk.schema.things.get(`sequence ${relationName(sequence)}`)?.by !== walk.migration)
      walk.say('opaque-code', { up: ['B', 'O?'], down: ['B'] }, 'how a sequence goes on is not followed');
  },
  RefreshMatViewStmt: (walk, { skipData }) => {
    if (skipData) walk.say('drop-view', { up: ['O'] }, 'what has no data cannot be read');
  },
  CreateStatsStmt: (walk, body) => createThing(walk, 'statistics', joined(textsOf(body.defnames)), body, maybe(body.if_not_exists)),
  AlterObjectSchemaStmt: (walk, { objectType, relation, newschema, object }) => {
    const name = relation === undefined ? objectName(object) : relationName(relation);
    walk.say('set-schema', { up: ['O'] }, `the old code asks for ${name}`);
    if (objectType === 'OBJECT_TABLE' && relation !== undefined)
      walk.schema.renameTable(name, qualified(relation.relname ?? '', newschema));
    else walk.say('opaque-code', { up: ['B'], down: ['B'] }, `the schema of ${name} is not followed`);
  },
  DropdbStmt: dropContainer,
  DropOwnedStmt: dropContainer,
  DropRoleStmt: dropContainer,
  DropTableSpaceStmt: dropContainer,
  CopyStmt: (walk) => walk.say('unparseable', { up: ['B', 'O?'], down: ['B'] }, 'COPY brings rows that are not in the text'),
};

/** What is made only where it is not there: nobody can say who has made it. */
const maybe = (ifNotExists: boolean | undefined): { isMaybe?: true } => (ifNotExists ? { isMaybe: true } : {});

/** REVOKE, and the GRANT that gives the same right again. */
function grant(walk: Walk, body: BodyOf<'GrantStmt'> | BodyOf<'GrantRoleStmt'>): void {
  const { is_grant, behavior, grantor, ...what } = body;
  const objects = 'objects' in body ? (body.objects ?? []) : [];
  const isOwn = (each: Node): boolean =>
    'RangeVar' in each
      ? walk.isOwn(relationName(each.RangeVar))
      : walk.schema.things.get(`routine ${objectName(each)}`)?.by === walk.migration;
  if (objects.length > 0 && objects.every(isOwn)) return;
  const [given, taken] = ['granted', 'revoked'].map((kind) => `${kind} ${shapeOf(what)}`) as [string, string];
  if (is_grant !== true) walk.say('revoke-or-rls', { up: ['O'] }, 'the old code may have no right to it any more');
  // Who takes back what was given, or gives back what was taken, leaves it as it was.
  const [does, undoes, kind] = is_grant === true ? [given, taken, 'granted'] : [taken, given, 'revoked'];
  if (!walk.schema.things.delete(undoes)) walk.schema.things.set(does, { kind, shape: kind });
  else if (is_grant !== true) walk.say('revoke-or-rls', { down: ['D'] }, 'who had the right before the up has it no more');
}

/** CREATE VIEW. What `*` stands for is settled when the view is made. */
function createView(walk: Walk, body: BodyOf<'ViewStmt'>): void {
  if (body.view?.relpersistence === 't') return;
  const stars: string[] = [];
  let hasStar = false;
  visit(body.query, (kind, node) => {
    if (kind === 'A_Star') hasStar = true;
    if (kind === 'RangeVar') stars.push(...walk.schema.table(relationName(node as RangeVar)).columns.keys());
  });
  createThing(
    walk,
    'view',
    relationName(body.view),
    { ...body, ...(hasStar ? { stars: stars.sort() } : {}) },
    { replace: body.replace === true },
  );
}

function createRoutine(walk: Walk, body: BodyOf<'CreateFunctionStmt'>): void {
  const { funcname, parameters = [], replace } = body;
  const types = parameters.flatMap((each) =>
    'FunctionParameter' in each && isInput(each.FunctionParameter.mode) ? [typeText(each.FunctionParameter.argType)] : [],
  );
  const name = joined(textsOf(funcname));
  const key = `routine ${name}(${types.join(', ')})`;
  const others = [...walk.schema.things.keys()].filter((each) => each !== key && each.startsWith(`routine ${name}(`));
  const isTrigger = typeText(body.returnType) === 'trigger';
  if (walk.side === 'up' && (others.length > 0 || (!walk.isWhole && !isTrigger)) && !walk.schema.things.has(key))
    walk.say('rename-object', { up: ['O?'] }, `where there is another ${name}, calls of the old code may mean this one now`);
  createThing(walk, 'routine', key.replace('routine ', ''), body, { replace: replace === true });
}

const isInput = (mode: string | undefined): boolean => mode !== 'FUNC_PARAM_OUT' && mode !== 'FUNC_PARAM_TABLE';

function createTrigger(walk: Walk, body: BodyOf<'CreateTrigStmt'>): void {
  const table = relationName(body.relation);
  if (!walk.isOwn(table)) walk.say('add-trigger', { up: ['O?', 'L'], down: ['L'] }, `what the old code writes into ${table} sets it off`);
  createThing(walk, 'trigger', `${table} ${body.trigname}`, body, { table, replace: body.replace === true });
}

/** CREATE TABLE AS, CREATE MATERIALIZED VIEW. */
function createFromQuery(walk: Walk, body: BodyOf<'CreateTableAsStmt'>): void {
  const { into, objtype, if_not_exists } = body;
  const name = relationName(into?.rel);
  if (objtype === 'OBJECT_MATVIEW') createThing(walk, 'view', name, body, maybe(if_not_exists));
  else
    walk.schema.tables.set(name, {
      columns: new Map(),
      constraints: new Map(),
      by: walk.migration,
      isUnknown: true,
      filledBy: walk.migration,
      ...maybe(if_not_exists),
    });
}

const ROWS = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

/** A DO block: the statements in it, unless it builds some as it runs. */
function judgeBlock(walk: Walk, { args = [] }: BodyOf<'DoStmt'>, statement: Statement): void {
  const argument = (name: string) => {
    const found = args.flatMap((each) => ('DefElem' in each && each.DefElem.defname === name ? [each.DefElem.arg] : []))[0];
    return found !== undefined && 'String' in found ? found.String.sval : undefined;
  };
  const language = argument('language') ?? 'plpgsql';
  const block = language === 'plpgsql' ? parseBlock(argument('as') ?? '') : undefined;
  const opaque = (hint: string) => walk.at(statement).say('opaque-code', { up: ['B', 'O?'], down: ['B'] }, hint);
  if (block === undefined || block.isDynamic) {
    opaque(block === undefined ? `a block of ${language} that cannot be read` : 'it builds statements as it runs');
    return;
  }
  if (block.raises) walk.say('irreversible-marker', { down: ['B'] }, 'it may give up by itself');
  for (const query of block.queries) {
    const parsed = parseScript({ file: statement.file, line: statement.line, text: query });
    if ('rule' in parsed) opaque(`a statement in the block cannot be read: ${parsed.message}`);
    // It stands in the block, and is shown as the block.
    else for (const each of parsed) judge(walk, { ...statement, kind: each.kind, node: each.node });
    // What only may have been made, or may be gone, is neither there nor not.
    if (block.isConditional && 'length' in parsed && parsed.some(({ kind }) => !ROWS.has(kind)))
      walk.at(statement).say('opaque-code', { up: ['B'], down: ['B'] }, 'whether it changes the schema shows only as it runs');
  }
}
