import type { Dialect, Flaw, Migration, Script } from './migration.js';
import { judgeNewColumns } from './rules/new-columns.js';
import { judge } from './rules/statements.js';
import { type Reason, Walk } from './rules/walk.js';
import { differences, Schema } from './schema.js';
import { parseScript, visit } from './sql/parser.js';
import type { Statement } from './sql/statement.js';

/** What may be done about a migration, when the code goes back behind it. */
export type Verdict = 'ok' | 'warn' | 'block';

/** The two verdicts of a migration, and why. */
export interface Judgement {
  readonly id: string;
  readonly name: string;
  /** The code goes back, and the schema stays: does the old code work on it? */
  readonly keep_schema: Verdict;
  /** The down runs: is anything lost, can it fail? */
  readonly run_down: Verdict;
  readonly reasons: readonly Reason[];
}

/** What is said of a folder of migrations, or of a pair. */
export interface Checked {
  readonly safe: boolean;
  readonly migrations: readonly Judgement[];
  /** What is wrong with the folder as a whole. */
  readonly flaws: readonly Flaw[];
}

/** What the analysis goes by. */
export interface Bounds {
  /** Nothing was there before the first of them: then what they make is new. */
  readonly isWhole: boolean;
  /** Every warning about a down is a block: `preserve_data_migrations`. */
  readonly preservesData: boolean;
  /** Default: `postgres`. */
  readonly dialect?: Dialect;
  /** They are of a folder, whose tool runs each in a transaction unless it says otherwise. Absent: nobody knows who runs them. */
  readonly hasTool?: true;
}

/** A migration that is judged, after those that are only followed for what they have made. */
export interface Judged {
  readonly before: readonly Migration[];
  readonly judged: readonly Migration[];
}

/**
 * Judges migrations one after the other, from their texts alone. `loadParserOf` its dialect comes first. Never `ok` by accident: what is
 * not understood blocks both verdicts.
 */
export function analyse({ before, judged }: Judged, bounds: Bounds, start = new Schema()): Judgement[] {
  let schema = start;
  let isWhole = bounds.isWhole;
  for (const migration of before) {
    const followed = follow(migration, schema, isWhole, bounds.dialect);
    schema = followed.schema;
    // After something that nobody could read, nobody knows what is there.
    isWhole &&= followed.isClear;
  }
  return judged.map((migration) => {
    const pair = judgePair(migration, schema, { ...bounds, isWhole });
    schema = pair.schema;
    return pair.judgement;
  });
}

/** What a migration leaves, without judging it. */
function follow(
  { id, up }: Migration,
  before: Schema,
  isWhole: boolean,
  dialect: Dialect | undefined,
): { schema: Schema; isClear: boolean } {
  const walk = new Walk('up', id, before.copy(), before, isWhole, dialect);
  const unread = walkThrough(walk, read(up, dialect));
  return { schema: walk.schema, isClear: !unread && walk.reasons.every(({ rule }) => rule !== 'opaque-code' && rule !== 'unparseable') };
}

function judgePair(
  migration: Migration,
  before: Schema,
  { isWhole, preservesData, dialect, hasTool }: Bounds,
): { judgement: Judgement; schema: Schema } {
  const { id, name, up, down } = migration;
  const forth = new Walk('up', id, before.copy(), before, isWhole, dialect);
  const upTexts = read(up, dialect);
  walkThrough(forth, upTexts);
  forth.finish();
  judgeNewColumns(forth);
  const after = forth.schema;
  const reasons = [...forth.reasons];
  const place = { file: up[0]?.file ?? '', line: up[0]?.line ?? 1, statement: '' };
  const block = (rule: string, hint: string, at: Pick<Reason, 'file' | 'line' | 'statement'> = place): void => {
    reasons.push({ rule, verdict: 'run_down', level: 'block', ...at, hint });
  };
  if (down === 'none') block('no-down', 'there is no down');
  else if (down === 'irreversible') block('irreversible-marker', 'it is marked as one that cannot be undone');
  else {
    const back = new Walk('down', id, after.copy(), before, isWhole, dialect);
    const downTexts = read(down, dialect);
    const isUnread = walkThrough(back, downTexts, hasTool === undefined ? {} : { hasTool });
    reasons.push(...back.reasons);
    const downPlace = { file: down[0]?.file ?? place.file, line: down[0]?.line ?? 1, statement: '' };
    if (!isUnread && isEmpty(downTexts, dialect)) {
      if (!isEmpty(upTexts, dialect)) block('empty-down', 'the down does nothing', downPlace);
    } else if (!isUnread) {
      const left = differences(before, back.schema);
      if (left.length > 0)
        block('down-incomplete', `after the down the schema is not what it was: ${left.slice(0, 5).join('; ')}`, downPlace);
    }
  }
  return { judgement: { id, name, ...verdictsOf(reasons, preservesData), reasons }, schema: after };
}

/** The verdicts that follow from reasons. */
export function verdictsOf(reasons: readonly Reason[], preservesData: boolean): Pick<Judgement, 'keep_schema' | 'run_down'> {
  const worst = (verdict: Reason['verdict']): Verdict => {
    const levels = reasons.filter((each) => each.verdict === verdict).map(({ level }) => level);
    return levels.includes('block') ? 'block' : levels.includes('warn') ? 'warn' : 'ok';
  };
  const run_down = worst('run_down');
  return { keep_schema: worst('keep_schema'), run_down: preservesData && run_down === 'warn' ? 'block' : run_down };
}

/** A script, and what is in it. */
interface Text {
  readonly script: Script;
  readonly parsed: ReturnType<typeof parseScript>;
}

const read = (scripts: readonly Script[], dialect: Dialect | undefined): Text[] =>
  scripts.map((script) => ({ script, parsed: parseScript(script, dialect) }));

/** Walks through scripts. Answers whether one could not be read. */
function walkThrough(walk: Walk, texts: readonly Text[], { hasTool }: Pick<Bounds, 'hasTool'> = {}): boolean {
  let isUnread = false;
  for (const { script, parsed } of texts) {
    if ('rule' in parsed) {
      isUnread = true;
      const at: Statement = { kind: '', node: {} as Statement['node'], text: '', file: script.file, line: parsed.line };
      // Neither the old code nor the down can be shown to get along with it.
      walk.say(parsed.rule, { up: ['B', 'O'], down: ['B'] }, parsed.message, at);
      continue;
    }
    const isWrapped = script.outsideTransaction === true && isOneTransaction(parsed);
    const statements = isWrapped ? parsed.slice(1, -1) : parsed;
    judgeTransaction(walk, { isWrapped, isInTools: hasTool === true && script.outsideTransaction !== true }, statements);
    for (const statement of statements) judge(walk, statement);
  }
  return isUnread;
}

/** Where the tool opens no transaction, a script may open one of its own around everything. */
function isOneTransaction(statements: readonly Statement[]): boolean {
  const kinds = statements.flatMap(({ node }) => ('TransactionStmt' in node ? [node.TransactionStmt.kind] : []));
  const isAt = (at: number, kind: string) => {
    const node = statements.at(at)?.node;
    return node !== undefined && 'TransactionStmt' in node && node.TransactionStmt.kind === kind;
  };
  return kinds.length === 2 && isAt(0, 'TRANS_STMT_BEGIN') && isAt(-1, 'TRANS_STMT_COMMIT');
}

/** What cannot run in a transaction fails in one, and what stands beside it is done by half when it fails outside. */
function judgeTransaction(
  walk: Walk,
  { isWrapped, isInTools }: { readonly isWrapped: boolean; readonly isInTools: boolean },
  statements: readonly Statement[],
): void {
  const alone = statements.filter(isNonTransactional);
  const [first] = alone;
  if (first === undefined) return;
  if (isWrapped || statements.length > 1)
    walk
      .at(first)
      .say(
        'non-transactional',
        { up: ['B'], down: ['B'] },
        'it cannot be in a transaction with the others, and without one they are done by half when it fails',
      );
  // An up that was applied was not run so.
  else if (isInTools) walk.at(first).say('non-transactional', { down: ['B'] }, 'its tool runs it in a transaction, in which it fails');
}

function isNonTransactional({ node, kind }: Statement): boolean {
  if (kind === 'VacuumStmt') return true;
  let found = false;
  if (kind === 'IndexStmt' || kind === 'DropStmt' || kind === 'ReindexStmt' || kind === 'AlterTableStmt')
    visit(node, (name, value) => {
      if ((name === 'concurrent' && value === true) || (name === 'defname' && value === 'concurrently')) found = true;
    });
  return found;
}

/** Nothing but comments, or a constant SELECT. */
const isEmpty = (texts: readonly Text[], dialect: Dialect | undefined): boolean =>
  texts.every(({ parsed }) => !('rule' in parsed) && parsed.every((each) => isConstant(each, dialect)));

function isConstant({ kind, node }: Statement, dialect: Dialect = 'postgres'): boolean {
  if (dialect !== 'postgres' && /^Variable(?:Show|Set)Stmt$/.test(kind)) return true;
  let isOther = kind !== 'SelectStmt';
  visit(node, (name) => {
    if (['fromClause', 'withClause', 'intoClause', 'FuncCall'].includes(name)) isOther = true;
  });
  return !isOther;
}

/** May the code go back behind all of them? Where the newest are taken back and the others kept, each as it may. */
export function isSafe(judgements: readonly Judgement[]): boolean {
  const newestFirst = [...judgements].reverse();
  for (let downs = 0; downs <= newestFirst.length; downs++) {
    const isFine = newestFirst.every((each, at) => (at < downs ? each.run_down : each.keep_schema) === 'ok');
    if (isFine) return true;
  }
  return false;
}
