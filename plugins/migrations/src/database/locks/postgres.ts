import { connect } from '../connect.js';
import type { Connection, Row } from '../connection.js';
import type { Lock } from './lock.js';

/** `ship`, as a number. Locks of this kind are of each database alone. */
const CLASS = 0x73686970;
const MIGRATIONS = 1;

const HOLDER = `
  SELECT a.application_name, a.client_addr, a.usename, a.xact_start::text AS since FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.classid = ${CLASS} AND l.objid = ${MIGRATIONS} AND l.granted
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** The lock is that of a transaction: a pooler in between cannot give it to somebody else, and it ends with its holder. */
export async function lockPostgres(url: string): Promise<Lock> {
  const connection = await connect(url);
  await connection.run('BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0');
  return {
    take: async () => (await connection.query(`SELECT pg_try_advisory_xact_lock(${CLASS}, ${MIGRATIONS}) AS held`))[0]?.held === true,
    holder: async () => holderOf((await connection.query(HOLDER))[0]),
    close: () => connection.close(),
  };
}

function holderOf(row: Row | undefined): string {
  if (row === undefined) return 'somebody';
  const { application_name: name, client_addr: address, usename: user, since } = row;
  return `${String(name || 'a client')} as ${String(user)}${address === null ? '' : ` from ${String(address)}`}, since ${String(since)}`;
}

/** Who may be at work in the database, whatever they call themselves: every session that is not ship's. What this user may not see of one counts as a stranger's. */
const SESSIONS = `
  SELECT coalesce(nullif(application_name, ''), usename::text, 'somebody') AS name, client_addr FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name IS DISTINCT FROM 'ship'
      AND coalesce(backend_type, 'client backend') = 'client backend'`;

/** Of those that this user may not see nobody knows what they do: the tool connects as this user. */
const EXECUTING = `
  SELECT pid AS id, query AS statement FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active' AND application_name <> 'ship'
      AND backend_type = 'client backend'`;

/**
 * What others execute in the database. Where a client was killed, the server goes on with what it has been sent, and commits it
 * where no transaction was opened before.
 */
export const executingInPostgres = async (connection: Connection): Promise<{ id: string; statement: string }[]> =>
  (await connection.query(EXECUTING)).map(({ id, statement }) => ({ id: String(id), statement: String(statement) }));

const ADVISORY = `
  SELECT 'who holds an advisory lock' AS name, NULL AS client_addr FROM pg_locks
    WHERE locktype = 'advisory' AND NOT (classid = ${CLASS} AND objid = ${MIGRATIONS})
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** Who may be applying migrations now, besides ship. `locks`: the tool holds an advisory lock as long as it works, so nobody else needs to be looked at. */
export async function othersInPostgres(connection: Connection, { locks }: { readonly locks: boolean }): Promise<string[]> {
  const rows = await connection.query(locks ? ADVISORY : SESSIONS);
  return rows.map(({ name, client_addr: address }) => `${String(name)}${address === null ? '' : ` from ${String(address)}`}`);
}
