import type { CommentStmt, RangeVar } from 'libpg-query';
import { isOfCatalogue, joined, relationName, textsOf } from '../sql/names.js';
import { visit } from '../sql/parser.js';
import type { Statement } from '../sql/statement.js';
import { fails } from './phrases.js';
import type { Walk } from './walk.js';

/** What is read as one statement, and is several. */
const FOLDED = new Set(['RebuildStmt', 'RestateColumnStmt']);

/** A down that names a table which is not there, or not yet, or not any more, fails. */
export function judgeAbsent(walk: Walk, { node, kind }: Statement): void {
  if (walk.side !== 'down' || FOLDED.has(kind) || kind === 'CreateForeignTableStmt') return;
  const body = (node as Readonly<Record<string, unknown>>)[kind] as Readonly<Record<string, unknown>>;
  if (body.missing_ok === true) return;
  for (const name of [...namedIn(walk, kind, body), ...commentedOn(node)])
    if (walk.lacks(name)) {
      walk.say(...fails(`there is no table ${name}`));
      return;
    }
  const column = columnCommentedOn(node);
  if (column !== undefined && walk.schema.has(column.table) && walk.schema.column(column.table, column.name) === undefined)
    walk.say(...fails(`there is no column ${column.name} in ${column.table}`));
}

/** The tables and views that a statement counts on: none that it makes, and none that it names itself. */
function namedIn(walk: Walk, kind: string, body: Readonly<Record<string, unknown>>): string[] {
  const [found, own] = [new Set<string>(), new Set<string>()];
  visit({ body }, (name, value) => {
    if (name === 'ctename') own.add(relationName({ relname: String(value) }));
    if (!isRelation(value) || name === 'sequence') return;
    if (value.relpersistence === 't') walk.temporary.add(relationName(value));
    const isMade = kind === 'CreateStmt' ? value === body.relation : name === 'view' || name === 'rel';
    if (isMade) own.add(relationName(value));
    else if (!isOfCatalogue(walk.dialect, value) && !isOfColumn(value)) found.add(relationName(value));
  });
  return [...found].filter((name) => !own.has(name));
}

const isRelation = (value: unknown): value is RangeVar =>
  typeof (value as RangeVar | null)?.relname === 'string' && 'relpersistence' in (value as RangeVar);

/** The sequence that a column has made for itself has a name of its own. */
const isOfColumn = ({ relname = '' }: RangeVar): boolean => relname.endsWith('_seq');

const commentOf = (node: Statement['node']): CommentStmt => ('CommentStmt' in node ? node.CommentStmt : {});

const namesIn = ({ object }: CommentStmt): string[] => (object !== undefined && 'List' in object ? textsOf(object.List.items) : []);

function commentedOn(node: Statement['node']): string[] {
  const comment = commentOf(node);
  if (comment.objtype === 'OBJECT_TABLE') return [joined(namesIn(comment))];
  return comment.objtype === 'OBJECT_COLUMN' ? [joined(namesIn(comment).slice(0, -1))] : [];
}

function columnCommentedOn(node: Statement['node']): { readonly table: string; readonly name: string } | undefined {
  const comment = commentOf(node);
  if (comment.objtype !== 'OBJECT_COLUMN') return undefined;
  const names = namesIn(comment);
  return { table: joined(names.slice(0, -1)), name: names.at(-1) ?? '' };
}
