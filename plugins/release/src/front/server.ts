import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import type { Limits } from '../records.js';
import { forward, type Policy } from './forward.js';
import { trustIn } from './origin.js';
import type { RouteTable } from './table.js';
import { answer, type Connection, isWebSocket, joinWebSocket, serveAsPlain } from './upgrade.js';

/** The server that clients reach. */
export interface PublicServer {
  readonly server: Server;
  /** Puts other limits in force, for what comes from now on. */
  limit(limits: Limits): void;
}

// How often Node looks for heads that are too slow.
const LONGEST_LOOK_MS = 1000;

type Exchanged = { readonly req: IncomingMessage; readonly res: ServerResponse };

/** Makes the server. What goes wrong with one connection ends that connection. */
export function publicServer(table: RouteTable, limits: Limits, report: (error: unknown) => void): PublicServer {
  let { idle_timeout_ms: idleMs } = limits;
  let policy: Policy = { trusts: trustIn(limits.trusted_proxies), headerLimit: limits.header_limit, report };
  const underWay = new WeakMap<object, Set<Exchanged>>();
  const options: ServerOptions = {
    headersTimeout: limits.headers_timeout_ms,
    // Uploads may take as long as they go on.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(Math.ceil(limits.headers_timeout_ms / 4), LONGEST_LOOK_MS),
    keepAliveTimeout: idleMs,
    maxHeaderSize: limits.header_limit,
  };
  const server = createServer(options);
  // Node would drop what is beyond its count unseen, such as the header that says where the body ends.
  server.maxHeadersCount = 0;

  const handle = (req: IncomingMessage, res: ServerResponse) => {
    const exchange = { req, res };
    const { socket } = req;
    const exchanges = underWay.get(socket) ?? new Set();
    underWay.set(socket, exchanges.add(exchange));
    res.once('close', () => exchanges.delete(exchange));
    socket.setTimeout(idleMs);
    forward(table, req, res, policy);
  };
  server.on('request', handle);
  // The service decides whether the client may go on.
  server.on('checkContinue', handle);
  server.on('checkExpectation', handle);
  server.on('timeout', (socket) => {
    const exchanges = [...(underWay.get(socket) ?? [])];
    if (exchanges.length === 0 || exchanges.some(waitsForClient)) socket.destroy();
    else socket.setTimeout(idleMs);
  });
  const apart =
    (act: (req: IncomingMessage, socket: Connection, head: Buffer) => void) => (req: IncomingMessage, socket: Connection, head: Buffer) => {
      // A client that goes away early would otherwise end the front.
      socket.on('error', () => socket.destroy());
      afterAll(underWay.get(socket), () => {
        try {
          if (!socket.destroyed) act(req, socket, head);
        } catch (error) {
          report(error);
          socket.destroy();
        }
      });
    };
  server.on(
    'upgrade',
    apart((req, socket, head) => {
      if (isWebSocket(req)) joinWebSocket(table, policy, req, socket, head);
      else serveAsPlain(server, req, socket, head);
    }) as never,
  );
  server.on('connect', apart((_req, socket) => answer(socket, 405, 'this is no proxy to elsewhere')) as never);

  return {
    server,
    limit(next) {
      idleMs = next.idle_timeout_ms;
      server.headersTimeout = next.headers_timeout_ms;
      server.keepAliveTimeout = idleMs;
      Object.assign(server, { maxHeaderSize: next.header_limit });
      policy = { ...policy, trusts: trustIn(next.trusted_proxies), headerLimit: next.header_limit };
    },
  };
}

/** Is it the client that does not send, or does not read? A service may take its time. */
function waitsForClient({ req, res }: Exchanged): boolean {
  return (!req.complete && !req.isPaused()) || res.writableNeedDrain || (res.writableEnded && !res.writableFinished);
}

// Answers to what was asked before on the same connection come first.
function afterAll(exchanges: Set<Exchanged> | undefined, act: () => void): void {
  const last = [...(exchanges ?? [])].at(-1);
  if (last === undefined) act();
  else last.res.once('close', act);
}
