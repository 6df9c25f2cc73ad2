import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { FrontState, Limits, Routes } from '../records.js';

const LIMIT_BYTES = 1_000_000;

/** What the control API can ask of the front. */
interface Controlled {
  state(): FrontState;
  /** Puts routes in force; on disk when it resolves. */
  put(routes: Routes): Promise<void>;
  /** Puts limits in force; on disk when it resolves. */
  limit(limits: Limits): Promise<void>;
}

/** `GET /state`, `PUT /routes` and `PUT /limits`, for the unix socket. */
export function controlServer(front: Controlled): Server {
  return createServer(async (req, res) => {
    const [status, body] = await answer(front, req).catch((error) => [500, { error: String(error.message) }] as const);
    if (res.destroyed) return;
    res.writeHead(status, { 'content-type': 'application/json' });
    res.end(JSON.stringify(body));
  });
}

async function answer(front: Controlled, req: IncomingMessage): Promise<readonly [number, unknown]> {
  const asked = `${req.method} ${req.url}`;
  if (asked === 'GET /state') return [200, front.state()];
  if (asked !== 'PUT /routes' && asked !== 'PUT /limits') return [404, { error: `there is no ${asked}` }];
  const body = parse(await readBody(req));
  const mistake = asked === 'PUT /routes' ? checkRoutes(body) : undefined;
  if (mistake !== undefined) return [400, { error: mistake }];
  await (asked === 'PUT /routes' ? front.put(body as Routes) : front.limit(body as Limits));
  return [200, front.state()];
}

async function readBody(req: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of req.setEncoding('utf8')) {
    body += chunk;
    if (body.length > LIMIT_BYTES) throw new Error(`a body over ${LIMIT_BYTES} bytes`);
  }
  return body;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What is wrong with routes that somebody sent; `undefined` where nothing is. */
export function checkRoutes(value: unknown): string | undefined {
  const { targets, weights } = (value ?? {}) as Partial<Routes>;
  if (!isRecord(targets) || !isRecord(weights)) return 'expected {targets, weights}';
  const stranger = Object.keys(weights).find((release) => !Object.hasOwn(targets, release));
  if (stranger !== undefined) return `${stranger} has a weight and no target`;
  const broken = Object.entries(targets).find(([, target]) => !isTarget(target));
  if (broken) return `the target of ${broken[0]} is not {host, port}`;
  return addUp(weights) ? undefined : 'the weights do not add up to 100';
}

/** Whole percents that make 100. */
export function addUp(weights: Readonly<Record<string, unknown>>): boolean {
  const shares = Object.values(weights);
  const fits = (share: unknown) => Number.isInteger(share) && (share as number) >= 0;
  return shares.every(fits) && shares.reduce<number>((sum, share) => sum + (share as number), 0) === 100;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTarget(value: unknown): boolean {
  return isRecord(value) && typeof value.host === 'string' && Number.isInteger(value.port);
}
