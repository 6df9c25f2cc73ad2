import { type ClientRequest, type IncomingMessage, request, type ServerResponse, STATUS_CODES } from 'node:http';
import { endToEnd, framingOf, printable, trailersOf, valuesOf } from './headers.js';
import { type Trust, targetOf, withOrigin } from './origin.js';
import type { Route, RouteTable } from './table.js';

/** What a front goes by when it forwards. */
export interface Policy {
  readonly trusts: Trust;
  /** The most that a head may have, in bytes. */
  readonly headerLimit: number;
  /** Is told what should never happen. */
  readonly report: (error: unknown) => void;
}

const USUAL: Policy = { trusts: () => false, headerLimit: 65_536, report: () => {} };

/** One request with its answer. */
interface Exchange extends Policy {
  readonly table: RouteTable;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

/** A request as it is sent on. */
interface Asked {
  readonly path: string;
  readonly headers: string[];
  readonly hasBody: boolean;
}

const NOTHING = Buffer.alloc(0);
// Node frames the body of all others by itself where nothing else is said.
const BODILESS = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

/** Hands a request to the release that its weights choose, and the answer back. What goes wrong ends its connection, and nothing else. */
export function forward(table: RouteTable, req: IncomingMessage, res: ServerResponse, policy: Policy = USUAL): void {
  const exchange = { ...policy, table, req, res };
  req.on('error', () => {});
  res.on('error', () => {});
  guarded(exchange, () => {
    const asked = read(exchange);
    if (asked !== undefined) attempt(exchange, asked, false);
  })();
}

/** Runs a callback so that what it throws ends this exchange alone. */
function guarded<A extends unknown[]>({ res, report }: Exchange, act: (...args: A) => void): (...args: A) => void {
  return (...args) => {
    try {
      act(...args);
    } catch (error) {
      report(error);
      res.destroy();
    }
  };
}

/** The request as it goes on; `undefined` where it was refused. */
function read({ req, res, trusts }: Exchange): Asked | undefined {
  const target = targetOf(req);
  const { chunked, length, unknown } = framingOf(req);
  if (req.httpVersionMajor !== 1) return void refuse(req, res, 505, 'this speaks HTTP/1.1');
  if (target === undefined) return void refuse(req, res, 400, 'the target or the header Host cannot be understood');
  if (unknown !== undefined) return void refuse(req, res, 501, `the transfer coding ${printable(unknown)} is not known`);
  // Nothing before HTTP/1.1 is chunked: who sends that hopes that two servers read it differently.
  if (chunked && req.httpVersionMinor === 0) return void refuse(req, res, 400, 'HTTP/1.0 knows no chunks');
  const headers = withOrigin(req, printable(target.host), trusts);
  // gRPC and its like ask for trailers; the front passes them.
  if (valuesOf(req.rawHeaders, 'te').some((value) => /^trailers\b/i.test(value))) headers.push('TE', 'trailers');
  // Node writes a head with `Expect` as UTF-8; such a one is not passed on, and the client goes on at once.
  const expect = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'expect');
  if (expect >= 0 && headers.some((text) => /[\x80-\xff]/.test(text))) {
    headers.splice(expect, 2);
    res.writeContinue();
  }
  if (chunked) headers.push(...trailerNames(req), 'Transfer-Encoding', 'chunked');
  // Last: Node reads a `Content-Disposition` behind a length as another alphabet.
  else if (length !== undefined || !BODILESS.has(req.method ?? '')) headers.push('Content-Length', length ?? '0');
  return { path: target.path, headers, hasBody: chunked || Number(length ?? 0) > 0 };
}

function attempt(exchange: Exchange, asked: Asked, again: boolean): void {
  const { req, res, table } = exchange;
  const route = table.pick();
  if (route === undefined) return void refuse(req, res, 503, 'no release is live');
  const leave = table.enter(route.release);
  res.once('close', leave);
  const outgoing = ask(exchange, asked, route, again);
  let answered = false;
  outgoing.on(
    'response',
    guarded(exchange, (incoming) => {
      answered = true;
      relay(exchange, outgoing, incoming);
    }),
  );
  outgoing.on('upgrade', (_incoming, socket) => {
    answered = true;
    socket.destroy();
    refuse(req, res, 502, 'the service switches to a protocol that nobody asked for');
  });
  outgoing.on(
    'error',
    guarded(exchange, (error) => {
      // An answer that has begun ends, or breaks off, by itself.
      if (answered || res.destroyed) return;
      leave();
      if (!again && mayRepeat(req, asked, error)) attempt(exchange, asked, true);
      else refuse(req, res, 502, `the service does not answer (${codeOf(error)})`);
    }),
  );
  res.once('close', () => outgoing.destroy());
  if (asked.hasBody) sendBody(exchange, outgoing);
  else outgoing.end();
}

// A second attempt has a connection of its own: the service may have closed the first one while it was idle.
function ask(exchange: Exchange, { path, headers }: Asked, { target: { host, port }, agent }: Route, again: boolean): ClientRequest {
  const { req, res, headerLimit: maxHeaderSize } = exchange;
  const outgoing = request({ host, port, method: req.method, path, headers, agent: again ? false : agent, maxHeaderSize });
  outgoing.maxHeadersCount = 0;
  outgoing.on(
    'information',
    guarded(exchange, ({ statusCode, rawHeaders }) => inform(req, res, statusCode, rawHeaders)),
  );
  return outgoing;
}

function sendBody(exchange: Exchange, outgoing: ClientRequest): void {
  const { req } = exchange;
  req.pipe(outgoing, { end: false });
  // The service may want to answer before anything of the body has come.
  outgoing.write(NOTHING);
  req.once(
    'end',
    guarded(exchange, () => {
      const trailers = trailersOf(req.rawTrailers);
      if (trailers.length > 0) outgoing.addTrailers(trailers);
      outgoing.end();
    }),
  );
}

/** Passes on what a service says before its answer: `100 Continue`, early hints. */
function inform(req: IncomingMessage, res: ServerResponse, status: number, raw: readonly string[]): void {
  if (req.httpVersionMinor === 0 || res.headersSent || res.destroyed) return;
  if (status === 100 && req.headers.expect !== undefined) res.writeContinue();
  if (status === 102) res.writeProcessing();
  if (status !== 103) return;
  try {
    res.writeEarlyHints({ link: valuesOf(raw, 'link') });
  } catch {
    // Node takes only links that it understands, and hints are never worth an error.
  }
}

function relay(exchange: Exchange, outgoing: ClientRequest, incoming: IncomingMessage): void {
  const { req, res } = exchange;
  const { statusCode: status = 0, statusMessage } = incoming;
  incoming.on('error', () => res.destroy());
  const { chunked, length, unknown } = framingOf(incoming);
  if (status < 200 || status > 999 || unknown !== undefined) {
    outgoing.destroy();
    return void refuse(
      req,
      res,
      502,
      unknown === undefined ? `the service answers ${status}` : `the service answers in ${printable(unknown)}`,
    );
  }
  const bodiless = status === 204 || status === 304;
  const passesChunks = chunked && !bodiless && req.httpVersionMinor > 0;
  const headers = endToEnd(incoming.rawHeaders);
  if (passesChunks) headers.push(...trailerNames(incoming), 'Transfer-Encoding', 'chunked');
  else if (length !== undefined && status !== 204) headers.push('Content-Length', length);
  res.writeHead(status, reasonOf(status, statusMessage), headers);
  // The head goes out now, so that nothing can ever be written in its place. `flushHeaders` would write it as UTF-8.
  res.write(NOTHING);
  incoming.pipe(res, { end: false });
  incoming.once(
    'end',
    guarded(exchange, () => {
      if (!incoming.complete) return void res.destroy();
      const trailers = passesChunks ? trailersOf(incoming.rawTrailers) : [];
      if (trailers.length > 0) res.addTrailers(trailers);
      if (!req.complete) {
        req.unpipe(outgoing);
        outgoing.destroy();
      }
      endAnswer(req, res);
    }),
  );
}

// A reason that cannot be written is replaced by the usual one: nobody but people reads it.
function reasonOf(status: number, reason = ''): string {
  return printable(reason) === reason ? reason : (STATUS_CODES[status] ?? '');
}

function trailerNames({ rawHeaders }: IncomingMessage): string[] {
  const names = valuesOf(rawHeaders, 'trailer').map(printable);
  return names.length === 0 ? [] : ['Trailer', names.join(', ')];
}

function mayRepeat(req: IncomingMessage, { hasBody }: Asked, error: unknown): boolean {
  const isSafe = ['GET', 'HEAD', 'OPTIONS'].includes(req.method ?? '');
  return isSafe && !hasBody && ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(codeOf(error));
}

/** The code of an error, for people. */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? 'failed';
}

// A client that is still sending reads the answer only if its connection is not reset meanwhile.
const LINGER_MS = 30_000;
const SILENCE_MS = 2_000;

/**
 * Ends an answer whose body is written. What the client has still to send is read and dropped: where the connection is to be
 * closed, it stays until the client has sent everything, or is silent for two seconds.
 */
function endAnswer(req: IncomingMessage, res: ServerResponse): void {
  if (req.complete || req.destroyed) return void res.end();
  req.resume();
  if (res.shouldKeepAlive && req.httpVersionMinor > 0) return void res.end();
  const end = () => {
    clearTimeout(silence);
    clearTimeout(limit);
    res.end();
  };
  const silence = setTimeout(end, SILENCE_MS);
  const limit = setTimeout(end, LINGER_MS);
  req.on('data', () => silence.refresh());
  req.once('end', end);
  req.once('close', end);
}

/** Answers in place of a service. Where an answer has begun there is nothing to say any more: the connection breaks off. */
function refuse(req: IncomingMessage, res: ServerResponse, status: number, text: string): void {
  if (res.destroyed) return;
  if (res.headersSent) return void res.destroy();
  const body = Buffer.from(`${text}\n`, 'latin1');
  // Whoever sends what cannot be understood is not understood after it either.
  const close = status >= 500 && status !== 501 && status !== 505 ? [] : ['Connection', 'close'];
  res.writeHead(status, ['Content-Type', 'text/plain', 'Content-Length', String(body.length), ...close]);
  res.write(body);
  req.unpipe();
  endAnswer(req, res);
}
