import { connect } from '../connect.js';
import type { Connection, Row } from '../connection.js';
import type { Lock } from './lock.js';

/** Locks are of the whole server, by their names, which may not be long. */
const LOCK = "CONCAT('ship:', SHA1(LOWER(DATABASE())))";
const SESSIONS = 'information_schema.PROCESSLIST';
/** Whose sessions a user sees: all of them with this privilege, else its own. */
const SEES_ALL = `SELECT 1 FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'PROCESS' AND GRANTEE = CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''')`;
const NOT_SHIP = `ID <> CONNECTION_ID() AND ID <> COALESCE(IS_USED_LOCK(${LOCK}), 0)`;
/** Whoever has chosen no database may name one in each statement. */
const OTHERS = `SELECT ID AS id, USER AS user, HOST AS host FROM ${SESSIONS}
  WHERE (DB = DATABASE() OR DB IS NULL) AND ${NOT_SHIP} AND USER NOT IN ('system user', 'event_scheduler')`;
const EXECUTING = `SELECT ID AS id, INFO AS statement FROM ${SESSIONS}
  WHERE (DB = DATABASE() OR DB IS NULL) AND ${NOT_SHIP} AND COMMAND NOT IN ('Sleep', 'Daemon', 'Binlog Dump', 'Binlog Dump GTID')
    AND USER NOT IN ('system user', 'event_scheduler')`;

/** A lock of the server, on a connection of its own: it ends with that. */
export async function lockMysql(url: string): Promise<Lock> {
  const connection = await connect(url);
  return {
    take: async () => String((await connection.query(`SELECT GET_LOCK(${LOCK}, 0) AS held`))[0]?.held) === '1',
    async holder() {
      const [found] = await connection.query(`SELECT IS_USED_LOCK(${LOCK}) AS id`);
      if (found?.id === null || found === undefined) return 'somebody';
      return namedIn(
        await connection.query(`SELECT ID AS id, USER AS user, HOST AS host FROM ${SESSIONS} WHERE ID = $1`, [found.id]),
        found,
      );
    },
    close: () => connection.close(),
  };
}

const nameOf = ({ id, user, host }: Row): string => `connection ${id} as ${user}${host ? ` from ${host}` : ''}`;
/** A session of somebody else may not be seen. */
const namedIn = ([session]: readonly Row[], { id }: Row): string => (session === undefined ? `connection ${id}` : nameOf(session));

/** Who may be applying migrations now, besides ship. */
export async function othersInMysql(connection: Connection): Promise<string[]> {
  const seesAll = (await connection.query(SEES_ALL)).length > 0;
  const sessions = (await connection.query(OTHERS)).map(nameOf);
  return [...sessions, ...(seesAll ? [] : ['whom this user may not see, as it has no right to PROCESS'])];
}

/**
 * What others execute in the database. Where a client was killed, the server goes on with its statements, and what changes the
 * schema needs nobody any more to become true. A SELECT counts as well: others may come after it, which were sent with it.
 */
export const executingInMysql = async (connection: Connection): Promise<{ id: string; statement: string }[]> =>
  (await connection.query(EXECUTING)).map(({ id, statement }) => ({ id: String(id), statement: String(statement ?? 'a statement') }));
