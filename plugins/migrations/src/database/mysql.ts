import type { Connection as Client, ConnectionOptions, SslOptions } from 'mysql2/promise';
import { type Connection, inOrder, type Row, type Wanted } from './connection.js';

const CONNECT_TIMEOUT_MS = 10_000;
/** A connection that only holds a lock says nothing for as long as a migration takes. */
const IDLE_S = 86_400;

/** Connects to a MySQL or MariaDB. Throws what `mysql2` throws. */
export async function connectMysql(url: string, wanted: Wanted = {}): Promise<Connection> {
  const { createConnection } = await import('mysql2/promise');
  const client = await createConnection(optionsOf(url));
  // A server that goes away is seen by the next statement.
  client.on('error', () => {});
  await client.query(`SET SESSION wait_timeout = ${IDLE_S}`);
  const query = async (statement: string, values: readonly unknown[] = []): Promise<Row[]> => {
    const { text, ordered } = inOrder(statement, values);
    // Values are sent beside the statement, so that no mode of the server changes how they are quoted.
    const [rows] = ordered.length === 0 ? await client.query(text) : await client.execute(text, ordered as string[]);
    return Array.isArray(rows) ? (rows as Row[]) : [];
  };
  return {
    dialect: 'mysql',
    query: wanted.readOnly === undefined ? query : (statement, values) => readOnly(client, statement, () => query(statement, values)),
    run: async (text) => void (await client.query(text)),
    close: () => client.end(),
  };
}

/** What changes the schema ends a transaction first, also one that is read only: MariaDB then executes it. A connection here takes one statement at a time. */
async function readOnly<T>(client: Client, statement: string, act: () => Promise<T>): Promise<T> {
  if (!/^\s*(?:SELECT|SHOW)\s/i.test(statement)) throw new Error('only what reads is asked on this connection');
  await client.query('START TRANSACTION READ ONLY');
  try {
    return await act();
  } finally {
    await client.query('ROLLBACK');
  }
}

/** What of a URL the tools agree on. Options that only one of them knows say nothing to ship. */
export function optionsOf(text: string): ConnectionOptions {
  // A URL with a user and no host, as those of sockets are, is none to Node.
  const { hostname, port, username, password, pathname, searchParams } = new URL(text.replace(/^(\w+:\/\/[^/?#]*@)(?=\/)/, '$1localhost'));
  const database = decodeURIComponent(pathname.slice(1));
  if (database === '') throw new Error('it names no database');
  const socketPath = searchParams.get('socket') ?? searchParams.get('socketPath');
  const ssl = sslOf(searchParams);
  return {
    host: hostname === '' ? 'localhost' : hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? 3306 : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database,
    ...(socketPath === null ? {} : { socketPath }),
    ...(ssl === undefined ? {} : { ssl }),
    connectTimeout: CONNECT_TIMEOUT_MS,
    // As texts: nothing is lost of a large number, or of a time.
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    connectAttributes: { program_name: 'ship' },
  };
}

/** How tools ask for TLS. What nobody understands is no connection without it. */
function sslOf(params: URLSearchParams): SslOptions | undefined {
  const [name, value] = [...params].find(([key]) => /^(?:tls|ssl|sslmode|ssl-mode|sslaccept)$/i.test(key)) ?? [];
  if (name === undefined || value === undefined || /^(?:false|0|disabled?|preferred|prefer)$/i.test(value)) return undefined;
  if (/^(?:true|1|strict|required?|verify.?ca|verify.?identity|verify.?full)$/i.test(value)) return {};
  if (/^(?:skip-verify|accept_invalid_certs)$/i.test(value)) return { rejectUnauthorized: false };
  if (value.startsWith('{')) return JSON.parse(value) as SslOptions;
  throw new Error(`${name}=${value} is not understood`);
}
