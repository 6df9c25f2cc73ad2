import { errors } from '../errors.js';
import { say } from './socket.js';

/** A server of a backend, as HAProxy tells it. */
export interface Server {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** The weight that is in force; 0 where it is in maintenance or drained. */
  readonly weight: number;
}

/** In maintenance, or drained, by whatever reason. */
const OUT_OF_USE = 0x3f;

/** The servers of a backend, with their addresses and weights. */
export async function readServers(socket: string, backend: string): Promise<readonly Server[]> {
  const command = `show servers state ${backend}`;
  const answer = await say(socket, command);
  const lines = answer.split('\n');
  const header = lines.find((line) => line.startsWith('# '));
  if (header === undefined) throw errors.SHIP_ROUTER_REFUSED({ router: 'haproxy', command, answer: answer.split('\n')[0] ?? '' });
  const columns = header.slice(2).split(' ');
  const at = (cells: readonly string[], name: string) => cells[columns.indexOf(name)] ?? '';
  return lines
    .filter((line) => /^\d+ \S+ \d+ /.test(line))
    .map((line) => line.split(' '))
    .map((cells) => ({
      name: at(cells, 'srv_name'),
      host: at(cells, 'srv_addr'),
      port: Number(at(cells, 'srv_port')),
      weight: Number(at(cells, 'srv_admin_state')) & OUT_OF_USE ? 0 : Number(at(cells, 'srv_uweight')),
    }));
}

/** How many requests are under way on a server. */
export async function sessionsOn(socket: string, backend: string, server: string): Promise<number> {
  const [header = '', ...rows] = (await say(socket, 'show stat')).replace(/^# /, '').split('\n');
  const columns = header.split(',');
  const cells = rows.map((row) => row.split(',')).find(([proxy, name]) => proxy === backend && name === server);
  return Number(cells?.[columns.indexOf('scur')] ?? 0);
}
