import type { Node } from 'libpg-query';
import type { Dialect } from '../../migration.js';
import { changeOf, truncateOf } from './data.js';
import { Fields, kindOf, Unclear } from './fields.js';
import { identOf, objectOf, partsOf, relationOf, singleName, text } from './names.js';
import { queryOf } from './queries.js';
import { alterTableOf, createIndexOf, createTableOf, dropOf, renameTablesOf } from './tables.js';

type Reader = (dialect: Dialect, body: unknown, code: string) => readonly Node[];

/** A statement of sqlparser's tree as PostgreSQL's nodes, each of which the rules know. Throws Unclear. */
export function statementsOf(dialect: Dialect, node: unknown, code: string): readonly Node[] {
  const [kind, body] = kindOf(node);
  const reader = READERS[kind];
  if (reader === undefined) throw new Unclear(`${kind} is not followed`);
  return reader(dialect, body, code);
}

/** It changes neither rows nor the schema. */
const NOTHING: readonly Node[] = [{ VariableShowStmt: {} }];
const transaction =
  (kind: 'TRANS_STMT_BEGIN' | 'TRANS_STMT_COMMIT' | 'TRANS_STMT_ROLLBACK'): Reader =>
  () => [{ TransactionStmt: { kind } }];
const rows =
  (kind: string): Reader =>
  (dialect, body) =>
    changeOf(dialect, [kind, body]);

const READERS: Readonly<Record<string, Reader>> = {
  CreateTable: createTableOf,
  AlterTable: alterTableOf,
  RenameTable: renameTablesOf,
  Drop: (dialect, body) => [dropOf(dialect, body)],
  CreateIndex: (dialect, body) => [createIndexOf(dialect, body)],
  CreateView: createViewOf,
  CreateTrigger: createTriggerOf,
  DropTrigger: (dialect, body) => {
    const fields = new Fields('DROP TRIGGER', body).ignore('if_exists', 'table_name').allow('option', 'Restrict');
    const name = singleName(fields.get('trigger_name'), dialect);
    fields.done();
    return [{ DropStmt: { removeType: 'OBJECT_TRIGGER', behavior: 'DROP_RESTRICT', objects: [objectOf({ relname: name })] } }];
  },
  Insert: rows('Insert'),
  Update: rows('Update'),
  Delete: rows('Delete'),
  Query: (dialect, body) => [queryOf(dialect, body)],
  Truncate: (dialect, body) => [truncateOf(dialect, body)],
  Set: settingOf,
  Pragma: pragmaOf,
  LockTables: () => NOTHING,
  UnlockTables: () => NOTHING,
  Analyze: () => NOTHING,
  StartTransaction: transaction('TRANS_STMT_BEGIN'),
  Commit: transaction('TRANS_STMT_COMMIT'),
  Rollback: transaction('TRANS_STMT_ROLLBACK'),
};

function createViewOf(dialect: Dialect, body: unknown, code: string): Node[] {
  const fields = new Fields('CREATE VIEW', body).allow('options', 'None').ignore('params', 'name_before_not_exists');
  const view = { ...relationOf(fields.get('name'), dialect), ...(fields.is('temporary') ? { relpersistence: 't' } : {}) };
  const aliases = fields.list('columns').map((each): Node => {
    const column = new Fields('a column of a view', each);
    const name = identOf(column.get('name'));
    column.done();
    return text(name.toLowerCase());
  });
  const query = queryOf(dialect, fields.get('query'));
  const [replace, isMaybe] = [fields.is('or_replace'), fields.is('if_not_exists')];
  const { params } = body as { params?: unknown };
  fields.done();
  if (isMaybe) throw new Unclear('CREATE VIEW IF NOT EXISTS is not followed');
  return [
    {
      ViewStmt: {
        view,
        query,
        withCheckOption: 'NO_CHECK_OPTION',
        ...(aliases.length === 0 ? {} : { aliases }),
        ...(replace ? { replace } : {}),
        // With whose rights it reads is one of them.
        ...(params === undefined || params === null ? {} : { options: [text('with parameters')] }),
        // Two queries that are read alike may still be written differently: the words make them others.
        words: wordsOf(code),
      } as Extract<Node, { ViewStmt: unknown }>['ViewStmt'],
    },
  ];
}

const wordsOf = (code: string): string =>
  code
    .replace(/\s+/g, ' ')
    .replace(/^CREATE (?:OR REPLACE )?/i, '')
    .toLowerCase();

function createTriggerOf(dialect: Dialect, body: unknown, code: string): Node[] {
  const { name, table_name, temporary, or_replace } = body as Readonly<Record<string, unknown>>;
  if (temporary === true || or_replace === true) throw new Unclear('such a trigger is not followed');
  const funcname = [text('a body of its own')];
  const relation = relationOf(table_name, dialect);
  return [{ CreateTrigStmt: { trigname: singleName(name, dialect), relation, funcname, args: [text(wordsOf(code))] } }];
}

/** Of the session, and of no matter to what the statements after it mean. */
const SETTINGS =
  /^(?:foreign_key_checks|unique_checks|sql_notes|time_zone|character_set_\w+|collation_connection|lock_wait_timeout|innodb_lock_wait_timeout|statement_timeout|sql_log_bin|autocommit)$/;
/** Modes by which a text is read as it is without them. */
const MODES =
  /^(?:|no_auto_value_on_zero|strict_trans_tables|strict_all_tables|no_zero_in_date|no_zero_date|error_for_division_by_zero|no_engine_substitution|only_full_group_by|traditional)$/;

function settingOf(_: Dialect, body: unknown): readonly Node[] {
  const [kind, setting] = kindOf(body);
  if (kind === 'SetNames' || kind === 'SetNamesDefault') return NOTHING;
  if (kind === 'SingleAssignment') {
    const fields = new Fields('SET', setting).allow('scope', 'Session', 'Local');
    const [name, values] = [partsOf(fields.get('variable')).join('.'), fields.list('values')];
    if (fields.is('hivevar')) throw new Unclear('SET is not followed');
    fields.done();
    if (values.length !== 1) throw new Unclear('SET is not followed');
    return assigned(name, values[0]);
  }
  if (kind !== 'MultipleAssignments') throw new Unclear('SET is not followed');
  const all = new Fields('SET', setting);
  for (const each of all.list('assignments')) {
    const fields = new Fields('SET', each).allow('scope', 'Session', 'Local');
    assigned(partsOf(fields.get('name')).join('.'), fields.get('value'));
    fields.done();
  }
  all.done();
  return NOTHING;
}

function assigned(written: string, value: unknown): readonly Node[] {
  const name = written.toLowerCase().replace(/^@@(?:session\.|local\.)?/, '');
  const [kind, body] = kindOf(value);
  const isVariable = kind === 'Identifier' && identOf(body).startsWith('@');
  const isWord = kind === 'Identifier' && /^(?:on|off|default)$/i.test(identOf(body));
  const [form, content] = kind === 'Value' ? kindOf((body as { value: unknown }).value) : ['', undefined];
  if (!isVariable && !isWord && form === '') throw new Unclear(`SET ${written} to what is reckoned is not followed`);
  if (/^@[^@]/.test(name) || SETTINGS.test(name)) return NOTHING;
  // What was kept in a variable before goes back.
  const isRestored = isVariable && /^@old_/i.test(identOf(body));
  const modes = /String$/.test(form) ? String(content).toLowerCase().split(',') : undefined;
  if (name === 'sql_mode' && (isRestored || modes?.every((each) => MODES.test(each.trim())))) return NOTHING;
  throw new Unclear(`SET ${written} is not followed`);
}

const PRAGMAS =
  /^(?:foreign_keys|defer_foreign_keys|foreign_key_check|integrity_check|quick_check|optimize|busy_timeout|synchronous|cache_size|table_info|user_version)$/;

function pragmaOf(_: Dialect, body: unknown): readonly Node[] {
  const fields = new Fields('PRAGMA', body).ignore('is_eq');
  const name = partsOf(fields.get('name')).join('.').toLowerCase();
  const value = fields.get('value');
  fields.done();
  if (!PRAGMAS.test(name)) throw new Unclear(`PRAGMA ${name} is not followed`);
  const [, content] = value === undefined ? ['', ''] : kindOf((value as { value: unknown }).value);
  const word = String(Array.isArray(content) ? content[0] : content).toLowerCase();
  return [{ VariableSetStmt: { name: `pragma ${name}`, args: [{ A_Const: { sval: { sval: word } } }] } }];
}
