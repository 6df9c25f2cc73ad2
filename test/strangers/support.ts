import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { publicServer } from '../../plugins/release/src/front/server.js';
import { routeTable } from '../../plugins/release/src/front/table.js';
import type { Limits, Target } from '../../plugins/release/src/records.js';

/** What a front does where a test says nothing else. */
export const LIMITS: Limits = { headers_timeout_ms: 10_000, idle_timeout_ms: 75_000, header_limit: 65_536, trusted_proxies: [] };

/** A front before a service, with what it reported that should never happen. */
export interface Front {
  readonly port: number;
  readonly reports: unknown[];
  readonly limit: (limits: Limits) => void;
  readonly inFlight: () => Readonly<Record<string, number>>;
  /** Sends all further requests to another port. */
  readonly switchTo: (port: number) => void;
  close(): void;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

/** A front before a port, in this process. */
export async function frontBefore(port: number, limits: Partial<Limits> = {}): Promise<Front> {
  const targets: Record<string, Target> = {};
  const routesTo = (to: number) => {
    // The one before stays known until its last request is answered.
    targets[`at-${to}`] = { host: '127.0.0.1', port: to };
    return { targets: { ...targets }, weights: { [`at-${to}`]: 100 } };
  };
  const table = routeTable(routesTo(port));
  const reports: unknown[] = [];
  const { server, limit } = publicServer(table, { ...LIMITS, ...limits }, (error) => reports.push(error));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = () => {
    server.close();
    server.closeAllConnections();
    table.apply({ targets: {}, weights: {} });
  };
  return { port: portOf(server), reports, limit, inFlight: table.inFlight, switchTo: (to) => table.apply(routesTo(to)), close };
}

/** A service that answers bytes: `answer` gets what a connection has sent so far, whenever more comes. */
export async function rawService(answer: (socket: Socket, received: string) => void) {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: false }, (socket) => {
    let received = '';
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    socket.on('data', (data) => {
      received += data.toString('latin1');
      answer(socket, received);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: portOf(server), close, sockets };
}

/** A service of Node. */
export async function nodeService(configure: (server: HttpServer) => void) {
  const server = createHttpServer();
  server.maxHeadersCount = 0;
  configure(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { port: portOf(server), close };
}

/** What came back, and how it ended: `open` where the other side kept the connection. */
export interface Heard {
  readonly text: string;
  readonly end: 'open' | 'closed';
}

/** Sends bytes and listens until `until` matches, the connection closes, or there is nothing more to wait for. */
export function say(port: number, bytes: string | Buffer, until: RegExp = /$^/, patienceMs = 5000): Promise<Heard> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const settle = (end: Heard['end']) => {
      clearTimeout(late);
      socket.destroy();
      resolve({ text, end });
    };
    const late = setTimeout(() => settle('open'), patienceMs);
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (until.test(text)) settle('open');
    });
    socket.on('error', () => {}).on('close', () => settle('closed'));
    socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  });
}

/** The status of the first answer. */
export const statusOf = ({ text }: Heard): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
