import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Duplex, Readable } from 'node:stream';
import { createProxyServer, type ProxyServerOptions } from 'httpxy';
import type { Route, RouteTable } from './table.js';

const proxy = createProxyServer();

// Whether a connection stays open is a matter between two neighbours, not between service and client.
proxy.on('proxyRes', ({ headers }) => {
  delete headers.connection;
  delete headers['keep-alive'];
});

/** Hands a request to the release that its weights choose, and the answer back. */
export async function forward(table: RouteTable, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const error = await attempt(table, req, res, {});
  if (error === undefined || res.headersSent) return abandon(res, error);
  // A fresh connection: the one that failed may have been closed by the service while it was idle.
  const again = mayRepeat(req, error) ? await attempt(table, req, res, { agent: false, buffer: Readable.from([]) }) : error;
  if (again === undefined || res.headersSent) return abandon(res, again);
  refuse(
    res,
    again === 'no route' ? 503 : 502,
    again === 'no route' ? 'no release is live' : `the service does not answer (${codeOf(again)})`,
  );
}

// Resolves to what went wrong.
async function attempt(table: RouteTable, req: IncomingMessage, res: ServerResponse, more: ProxyServerOptions): Promise<unknown> {
  const route = table.pick();
  if (!route) return 'no route';
  const leave = table.enter(route.release);
  res.once('close', leave);
  try {
    await proxy.web(req, res, { ...optionsFor(route), ...more });
    return undefined;
  } catch (error) {
    leave();
    return error ?? 'failed';
  }
}

/** Joins a WebSocket to the release that its weights choose. */
export async function forwardUpgrade(table: RouteTable, req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
  const route = table.pick();
  if (!route) return void socket.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n');
  socket.once('close', table.enter(route.release));
  try {
    await proxy.ws(req, socket as Parameters<typeof proxy.ws>[1], { ...optionsFor(route), agent: false }, head);
  } catch {
    if (!socket.destroyed) socket.end('HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\n\r\n');
  }
}

function optionsFor({ target: { host, port }, agent }: Route): ProxyServerOptions {
  return { target: { host, port, protocol: 'http:' }, agent, xfwd: true };
}

function mayRepeat(req: IncomingMessage, error: unknown): boolean {
  const hasBody = req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
  const isSafe = ['GET', 'HEAD', 'OPTIONS'].includes(req.method ?? '');
  return isSafe && !hasBody && ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(codeOf(error));
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? 'failed';
}

// The head of the answer is out already, so a broken connection is the only way to tell the client.
function abandon(res: ServerResponse, error: unknown): void {
  if (error !== undefined && !res.writableFinished) res.destroy();
}

function refuse(res: ServerResponse, status: number, text: string): void {
  if (res.destroyed) return;
  res.writeHead(status, { 'content-type': 'text/plain' });
  res.end(`${text}\n`);
}
