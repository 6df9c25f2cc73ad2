import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { type Check, type CheckOutcome, type Context, presentable } from '@ship/core';
import { matches } from './matching.js';

/** The argument of an `http` check. */
interface HttpCheck {
  readonly http:
    | string
    | {
        readonly url: string;
        readonly method?: string;
        readonly headers?: Record<string, string>;
        readonly body?: string;
        readonly insecure?: boolean;
      };
  readonly expect?: {
    readonly status?: number | readonly number[];
    /** Text that the body contains, or a pattern that it matches. */
    readonly body?: string | { readonly matches: string };
    readonly header?: Readonly<Record<string, string>>;
    /** Milliseconds to the end of the body. */
    readonly latency_ms?: number;
  };
}

/** More of a body is neither kept nor searched. */
const LARGEST_BODY = 1024 * 1024;

const address = {
  type: 'string',
  pattern: '^https?://',
  title: 'an address that starts with http:// or https://',
  examples: ['https://shop.example/healthz'],
};

/** `http: URL`: one request, no redirects followed. Where there is no answer, it is `errored`: nothing was seen that could be right or wrong. */
export const httpCheck: Check<HttpCheck> = {
  input: {
    $id: 'ship:check/http',
    type: 'object',
    required: ['http'],
    additionalProperties: false,
    properties: {
      http: {
        anyOf: [
          address,
          {
            type: 'object',
            required: ['url'],
            additionalProperties: false,
            properties: {
              url: address,
              method: { type: 'string', pattern: '^[A-Z]+$', title: 'a method in capitals', examples: ['GET'] },
              headers: { type: 'object', additionalProperties: { type: 'string' } },
              body: { type: 'string' },
              insecure: { type: 'boolean' },
            },
          },
        ],
      },
      expect: {
        type: 'object',
        additionalProperties: false,
        properties: {
          status: {
            anyOf: [
              { type: 'integer', minimum: 100, maximum: 599 },
              { type: 'array', items: { type: 'integer', minimum: 100, maximum: 599 }, minItems: 1 },
            ],
          },
          body: {
            anyOf: [
              { type: 'string' },
              { type: 'object', required: ['matches'], additionalProperties: false, properties: { matches: { type: 'string' } } },
            ],
          },
          header: { type: 'object', additionalProperties: { type: 'string' } },
          latency_ms: { type: 'number', exclusiveMinimum: 0 },
        },
      },
    },
  },
  describe: (input) => `${requestOf(input).method ?? 'GET'} ${requestOf(input).url}`,
  async run(ctx, input) {
    const started = performance.now();
    try {
      const response = await send(requestOf(input), ctx);
      const outcome = await outcomeOf(response, Math.round(performance.now() - started), input.expect ?? {}, ctx.signal);
      return outcome.outcome === 'failed' ? { ...outcome, detail: `${outcome.detail}${firstLines(response.body, ctx)}` } : outcome;
    } catch (error) {
      if (ctx.signal.aborted) throw ctx.signal.reason;
      const { code, message } = error as NodeJS.ErrnoException;
      return { outcome: 'errored', detail: `${requestOf(input).url}: ${message || code}` };
    }
  },
};

type HttpRequest = Exclude<HttpCheck['http'], string>;
interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const requestOf = ({ http }: HttpCheck): HttpRequest => (typeof http === 'string' ? { url: http } : http);

async function send({ url, method = 'GET', headers = {}, body, insecure = false }: HttpRequest, ctx: Context): Promise<HttpResponse> {
  const secure = url.startsWith('https:');
  const { request } = await (secure ? import('node:https') : import('node:http'));
  return new Promise((resolve, reject) => {
    const options = {
      method,
      headers: { 'user-agent': 'ship', ...headers },
      signal: ctx.signal,
      agent: false,
      ...(secure ? { rejectUnauthorized: !insecure } : {}),
    };
    const sent = request(url, options, (response: IncomingMessage) => collect(response).then(resolve, reject));
    sent.on('error', reject);
    sent.end(body);
  });
}

async function collect(response: IncomingMessage): Promise<HttpResponse> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += (chunk as Buffer).length;
    if (size <= LARGEST_BODY) chunks.push(chunk as Buffer);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString('utf8') };
}

async function outcomeOf(
  { status, headers, body }: HttpResponse,
  latency: number,
  expect: NonNullable<HttpCheck['expect']>,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  const wanted = expect.status === undefined ? undefined : [expect.status].flat();
  const problems: string[] = [];
  const statusFits = wanted ? wanted.includes(status) : status >= 200 && status < 400;
  if (!statusFits) problems.push(`status ${status}, expected ${wanted?.join(' or ') ?? '200 to 399'}`);
  if (expect.body !== undefined && !(await bodyFits(body, expect.body, signal))) {
    const demand = typeof expect.body === 'string' ? `contain ${JSON.stringify(expect.body)}` : `match ${expect.body.matches}`;
    problems.push(`the body ${describeBody(body)} does not ${demand}`);
  }
  for (const [name, value] of Object.entries(expect.header ?? {})) {
    const given = headers[name.toLowerCase()];
    if (given !== value) problems.push(`header ${name} is ${JSON.stringify(given ?? null)}, expected ${JSON.stringify(value)}`);
  }
  const { latency_ms = Number.POSITIVE_INFINITY } = expect;
  if (latency > latency_ms) problems.push(`took ${latency} ms, expected at most ${latency_ms}`);
  if (problems.length > 0) return { outcome: 'failed', detail: problems.join('; ') };
  return { outcome: 'passed', detail: `status ${status} in ${latency} ms` };
}

/** Of a body: what it says went wrong. */
const firstLines = (body: string, { redact }: Context): string =>
  presentable(body.slice(0, 4096), redact)
    .split('\n')
    .flatMap((line) => (line.trim() === '' ? [] : `\n  | ${line.trim().slice(0, 200)}`))
    .slice(0, 3)
    .join('');

const bodyFits = async (body: string, expected: string | { matches: string }, signal: AbortSignal): Promise<boolean> =>
  typeof expected === 'string' ? body.includes(expected) : matches(body, expected.matches, signal);
const describeBody = (body: string): string => JSON.stringify(body.length > 80 ? `${body.slice(0, 77)}...` : body);

const ADDRESS = '^(\\[[0-9a-fA-F:]+\\]|[A-Za-z0-9._-]+):[0-9]{1,5}$';

const UNRESOLVED: readonly (string | undefined)[] = ['ENOTFOUND', 'EAI_AGAIN'];

/** `tcp: host:port`: somebody accepts a connection there. To be refused is an answer; a host that nobody can find is none. */
export const tcpCheck: Check<{ readonly tcp: string }> = {
  input: {
    $id: 'ship:check/tcp',
    type: 'object',
    required: ['tcp'],
    additionalProperties: false,
    properties: { tcp: { type: 'string', pattern: ADDRESS, title: 'a host and a port', examples: ['db.example:5432'] } },
  },
  describe: ({ tcp }) => tcp,
  run: (ctx, { tcp }) =>
    new Promise((resolve, reject) => {
      const at = tcp.lastIndexOf(':');
      const socket = connect({ host: tcp.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(tcp.slice(at + 1)), signal: ctx.signal });
      socket.once('connect', () => {
        socket.destroy();
        resolve({ outcome: 'passed' });
      });
      socket.once('error', (error: NodeJS.ErrnoException) => {
        if (ctx.signal.aborted) reject(ctx.signal.reason);
        else resolve({ outcome: UNRESOLVED.includes(error.code) ? 'errored' : 'failed', detail: `${tcp}: ${error.message}` });
      });
    }),
};
