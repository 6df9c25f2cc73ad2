import { type Judgement, verdictsOf } from '../analyse.js';
import type { Connection } from '../database/connection.js';
import { quotedName } from '../database/quoted.js';
import { quotedTable } from '../database/tables.js';
import type { Migration } from '../migration.js';
import type { Reason } from '../rules/walk.js';
import { parseScript } from '../sql/parser.js';

/** What was asked of a database, and what it means. */
interface Count {
  /** Answers one row where there is something. */
  readonly statement: string;
  /** What is true where there is nothing. */
  readonly settled: string;
}

/**
 * Asks the database about the rows that reasons are about: where there are none, nothing is lost, and nothing fails. Reads
 * only. What cannot be asked, or takes too long, stays as it was.
 */
export async function settle(
  judgements: readonly Judgement[],
  migrations: readonly Migration[],
  connection: Connection,
  preservesData: boolean,
): Promise<Judgement[]> {
  if (migrations.some(isUntold)) return [...judgements];
  return Promise.all(
    judgements.map(async (judgement) => {
      const reasons: Reason[] = [];
      for (const reason of judgement.reasons) reasons.push(await settledReason(reason, connection));
      return { ...judgement, reasons, ...verdictsOf(reasons, preservesData) };
    }),
  );
}

/** Under another name it may be another table that is asked for; and what writes rows may make what is not there yet. */
const UNTOLD = /^(?:Rename|AlterObjectSchema|Insert|Update|Delete|Merge|Select|Do|Call|Copy|Execute)Stmt$/;

function isUntold({ down }: Migration): boolean {
  return (typeof down === 'string' ? [] : down).some((script) => {
    const parsed = parseScript(script);
    return 'rule' in parsed || parsed.some(({ kind }) => UNTOLD.test(kind));
  });
}

async function settledReason(reason: Reason, connection: Connection): Promise<Reason> {
  if (reason.level !== 'warn' || reason.verdict !== 'run_down' || reason.about === undefined) return reason;
  try {
    const count = await countOf(reason.rule, reason.about, connection);
    if (count === undefined || (await connection.query(count.statement)).length > 0) return reason;
    return { ...reason, level: 'info', settled: count.settled };
  } catch (error) {
    return { ...reason, hint: `${reason.hint}; it could not be counted: ${(error as Error).message}` };
  }
}

async function countOf(rule: string, { table, columns }: NonNullable<Reason['about']>, connection: Connection): Promise<Count | undefined> {
  const from = quotedTable(connection, table);
  const [column = ''] = columns;
  if (rule === 'down-drop-created-table') return { statement: `SELECT 1 FROM ${from} LIMIT 1`, settled: 'there are no rows in it' };
  if (rule === 'down-set-not-null')
    return { statement: `SELECT 1 FROM ${from} WHERE ${quotedName(column)} IS NULL LIMIT 1`, settled: 'each row has a value' };
  if (rule === 'down-add-unique') {
    const list = columns.map((each) => quotedName(each)).join(', ');
    return { statement: `SELECT 1 FROM ${from} GROUP BY ${list} HAVING count(*) > 1 LIMIT 1`, settled: 'nothing is there twice' };
  }
  if (rule !== 'down-drop-created-column') return undefined;
  const otherwise = await defaultOf(connection, from, column);
  return {
    statement: `SELECT 1 FROM ${from} WHERE ${quotedName(column)} IS DISTINCT FROM (${otherwise ?? 'NULL'}) LIMIT 1`,
    settled: otherwise === undefined ? 'no row has a value' : 'no row has another value than its default',
  };
}

async function defaultOf(connection: Connection, table: string, column: string): Promise<string | undefined> {
  const [row] = await connection.query(
    'SELECT pg_get_expr(d.adbin, d.adrelid) AS value FROM pg_attribute a JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attrelid = $1::regclass AND a.attname = $2',
    [table, column],
  );
  return row === undefined ? undefined : String(row.value);
}
