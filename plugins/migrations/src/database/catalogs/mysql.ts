import type { Connection, Row } from '../connection.js';
import { quotedName } from '../quoted.js';

const HERE = 'DATABASE()';
const TABLES = `SELECT TABLE_NAME AS name, TABLE_TYPE AS kind FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${HERE}`;
const ROUTINES = `SELECT ROUTINE_NAME AS name, ROUTINE_TYPE AS kind, SQL_MODE AS mode FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ${HERE}`;
const EVENTS = `SELECT EVENT_NAME AS name, 'EVENT' AS kind, SQL_MODE AS mode FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ${HERE}`;
const TRIGGERS = `SELECT TRIGGER_NAME AS name, EVENT_OBJECT_TABLE AS on_table, CONCAT(ACTION_TIMING, ' ', EVENT_MANIPULATION, ' ', ACTION_ORDER) AS at_event, ACTION_STATEMENT AS body, DEFINER AS definer, SQL_MODE AS mode FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ${HERE}`;
const DEFAULTS = `SELECT DEFAULT_CHARACTER_SET_NAME AS charset, DEFAULT_COLLATION_NAME AS collation FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ${HERE}`;

/**
 * What a MySQL or MariaDB has besides its rows, in its own words: a line for each line of SHOW CREATE, so that the order of
 * columns and keys does not count. Left out: how far AUTO_INCREMENT has gone, and rights.
 */
export async function readMysql(connection: Connection, without: readonly string[]): Promise<string[]> {
  const isLeftOut = (name: unknown) => without.some((each) => each.toLowerCase() === String(name).toLowerCase());
  const lines = (await connection.query(DEFAULTS)).map(({ charset, collation }) => `database: ${charset}, ${collation}`);
  for (const { name, kind } of await connection.query(TABLES)) {
    if (isLeftOut(name)) continue;
    if (kind === 'VIEW') lines.push(await shown(connection, 'VIEW', name));
    else if (kind === 'SEQUENCE') lines.push(await shown(connection, 'SEQUENCE', name));
    else lines.push(...linesOf(String(name), await shown(connection, 'TABLE', name)));
  }
  for (const { name, kind, mode } of [...(await connection.query(ROUTINES)), ...(await connection.query(EVENTS))])
    lines.push(`${await shown(connection, String(kind), name)} (${mode})`);
  for (const { name, on_table, at_event, body, definer, mode } of await connection.query(TRIGGERS))
    if (!isLeftOut(on_table)) lines.push(`trigger ${name} of ${on_table}: ${at_event}, by ${definer}: ${body} (${mode})`);
  return lines.map((line) => line.replaceAll('\r', '\\r').replaceAll('\n', '\\n'));
}

/** What SHOW CREATE answers. What this user may not see is no answer, and no schema. */
async function shown(connection: Connection, kind: string, name: unknown): Promise<string> {
  const [row = {} as Row] = await connection.query(`SHOW CREATE ${kind} ${quotedName(String(name), 'mysql')}`);
  const text = Object.entries(row).find(([key]) => /^create /i.test(key))?.[1];
  if (typeof text !== 'string') throw new Error(`this user may not see how the ${kind.toLowerCase()} ${name} is made`);
  return text;
}

/** Each thing of a table is a line, and ends in a comma where another comes after it. */
function linesOf(table: string, text: string): string[] {
  const [, ...lines] = text.split('\n');
  return lines.map((line) => `table ${table}: ${line.trim().replace(/,$/, '')}`.replace(/(: \)[^']*?) AUTO_INCREMENT=\d+/, '$1'));
}
