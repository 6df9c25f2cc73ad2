import { type IncomingMessage, request, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { codeOf, type Policy } from './forward.js';
import { endToEnd, framingOf, printable, type RawHeaders } from './headers.js';
import { targetOf, withOrigin } from './origin.js';
import type { RouteTable } from './table.js';

/** A connection of a client. */
export type Connection = Duplex & { setTimeout(ms: number): unknown; destroySoon(): void };

// A handshake is one small request and one small answer.
const HANDSHAKE_MS = 60_000;

/** Is this the beginning of a WebSocket? Everything else that asks for another protocol is served as if it had not asked. */
export function isWebSocket({ method, headers, httpVersionMajor, httpVersionMinor }: IncomingMessage): boolean {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
  return method === 'GET' && httpVersionMajor === 1 && httpVersionMinor === 1 && !hasBody && headers.upgrade?.toLowerCase() === 'websocket';
}

/** Serves a request that asks for an unknown protocol as a plain one: it is read once more, without its header `Upgrade`. */
export function serveAsPlain(
  server: Server,
  { method, url, httpVersion, rawHeaders }: IncomingMessage,
  socket: Connection,
  head: Buffer,
): void {
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]!.toLowerCase() !== 'upgrade') text += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
  }
  socket.setTimeout(0);
  socket.unshift(Buffer.concat([Buffer.from(`${text}\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}

/** Joins a WebSocket to the release that its weights choose. */
export function joinWebSocket(table: RouteTable, policy: Policy, req: IncomingMessage, socket: Connection, head: Buffer): void {
  const { trusts, headerLimit: maxHeaderSize } = policy;
  socket.setTimeout(0);
  const target = targetOf(req);
  if (target === undefined) return void answer(socket, 400);
  const route = table.pick();
  if (route === undefined) return void answer(socket, 503);
  socket.once('close', table.enter(route.release));
  const headers = [...withOrigin(req, printable(target.host), trusts), 'Connection', 'Upgrade', 'Upgrade', 'websocket'];
  const { host, port } = route.target;
  const outgoing = request({ host, port, method: 'GET', path: target.path, headers, agent: false, maxHeaderSize });
  outgoing.maxHeadersCount = 0;
  outgoing.setTimeout(HANDSHAKE_MS, () => outgoing.destroy(Object.assign(new Error('silent'), { code: 'ETIMEDOUT' })));
  let answered = false;
  const once =
    <A extends unknown[]>(act: (...args: A) => void) =>
    (...args: A) => {
      try {
        if (!answered) act(...args);
      } catch (error) {
        policy.report(error);
        socket.destroy();
      }
      answered = true;
    };
  outgoing.on(
    'upgrade',
    once((incoming: IncomingMessage, upstream: Duplex, first: Buffer) => {
      join(socket, upstream as Connection, incoming, [head, first]);
    }),
  );
  outgoing.on(
    'response',
    once((incoming: IncomingMessage) => pass(socket, incoming)),
  );
  outgoing.on(
    'error',
    once((error: unknown) => answer(socket, 502, `the service does not answer (${codeOf(error)})`)),
  );
  socket.once('close', () => outgoing.destroy());
  outgoing.end();
}

function join(socket: Connection, upstream: Connection, incoming: IncomingMessage, [head, first]: [Buffer, Buffer]): void {
  upstream.on('error', () => {});
  socket.once('close', () => upstream.destroySoon());
  upstream.once('close', () => socket.destroySoon());
  if (incoming.headers.upgrade?.toLowerCase() !== 'websocket') {
    upstream.destroy();
    return void answer(socket, 502, 'the service switches to a protocol that nobody asked for');
  }
  const headers = ['Connection', 'Upgrade', 'Upgrade', 'websocket', ...endToEnd(incoming.rawHeaders)];
  socket.write(headText(101, incoming.statusMessage, headers), 'latin1');
  socket.write(first);
  upstream.setTimeout(0);
  upstream.write(head);
  socket.pipe(upstream).pipe(socket);
}

/** The service does not want the WebSocket, and says why. */
function pass(socket: Connection, incoming: IncomingMessage): void {
  const { statusCode = 0, statusMessage, rawHeaders } = incoming;
  const { length, unknown } = framingOf(incoming);
  if (statusCode < 200 || statusCode > 999 || unknown !== undefined) return void answer(socket, 502);
  const framed = length === undefined || statusCode === 204 ? [] : ['Content-Length', length];
  socket.write(headText(statusCode, statusMessage, [...endToEnd(rawHeaders), ...framed, 'Connection', 'close']), 'latin1');
  incoming.on('error', () => socket.destroy());
  incoming.on('end', () => socket.destroySoon());
  incoming.pipe(socket, { end: false });
}

/** Answers in place of a service, and closes. */
export function answer(socket: Connection, status: number, text = ''): void {
  const body = text === '' ? '' : `${text}\n`;
  const headers = ['Content-Type', 'text/plain', 'Content-Length', String(body.length), 'Connection', 'close'];
  if (!socket.destroyed) socket.write(headText(status, undefined, headers) + body, 'latin1');
  socket.destroySoon();
}

function headText(status: number, reason: string | undefined, headers: RawHeaders): string {
  let text = `HTTP/1.1 ${status} ${printable(reason || (STATUS_CODES[status] ?? ''))}\r\n`;
  for (let at = 0; at < headers.length; at += 2) text += `${headers[at]}: ${headers[at + 1]}\r\n`;
  return `${text}\r\n`;
}
