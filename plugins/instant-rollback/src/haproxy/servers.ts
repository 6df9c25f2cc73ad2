import { errors } from '../errors.js';
import { type Conversation, say } from './socket.js';

/** A server of a backend, as HAProxy has it. */
export interface Server {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** The weight that is in force; 0 where it is in maintenance or drained. */
  readonly weight: number;
  /** Why it would be given no request whatever it weighs; undefined where it would be given some. */
  readonly idle?: Idle;
}

/** What a person has said, or what the checks of HAProxy have found. */
export type Idle = 'in maintenance' | 'drained' | 'down';

// The bit 0x04 is in neither: it says `disabled` in the config, and stays when the server has long been made ready.
const MAINTENANCE = 0x63;
const DRAINED = 0x18;
const DOWN = 0;

/** The servers of a backend, with their addresses and weights. */
export async function readServers(socket: string | Conversation, backend: string): Promise<readonly Server[]> {
  const command = `show servers state ${backend}`;
  const answer = await (typeof socket === 'string' ? say(socket, command) : socket.say(command));
  const lines = answer.split('\n');
  const header = lines.find((line) => line.startsWith('# '));
  if (header === undefined) throw errors.SHIP_ROUTER_REFUSED({ router: 'haproxy', command, answer: answer.split('\n')[0] ?? '' });
  const columns = header.slice(2).split(' ');
  const at = (cells: readonly string[], name: string) => cells[columns.indexOf(name)] ?? '';
  return lines
    .filter((line) => /^\d+ \S+ \d+ /.test(line))
    .map((line) => line.split(' '))
    .map((cells) => {
      const idle = idleBy(Number(at(cells, 'srv_admin_state')), Number(at(cells, 'srv_op_state')));
      const weight = idle === undefined || idle === 'down' ? Number(at(cells, 'srv_uweight')) : 0;
      const known = { name: at(cells, 'srv_name'), host: at(cells, 'srv_addr'), port: Number(at(cells, 'srv_port')), weight };
      return idle === undefined ? known : { ...known, idle };
    });
}

function idleBy(admin: number, operation: number): Idle | undefined {
  if (admin & MAINTENANCE) return 'in maintenance';
  if (admin & DRAINED) return 'drained';
  return operation === DOWN ? 'down' : undefined;
}

/** How many requests are under way on a server. */
export async function sessionsOn(socket: string, backend: string, server: string): Promise<number> {
  const [header = '', ...rows] = (await say(socket, 'show stat')).replace(/^# /, '').split('\n');
  const columns = header.split(',');
  const cells = rows.map((row) => row.split(',')).find(([proxy, name]) => proxy === backend && name === server);
  return Number(cells?.[columns.indexOf('scur')] ?? 0);
}
