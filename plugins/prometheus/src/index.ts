import {
  type Check,
  type CheckOutcome,
  type Context,
  definePlugin,
  durationSchema,
  type JsonSchema,
  parseDuration,
  type Trigger,
} from '@ship/core';

/** Numbers from Prometheus, as checks: how many requests fail, and how long they take. */
export default definePlugin({
  name: 'prometheus',
  ship: '^1',
  apply(ship) {
    ship.check('error_rate', metricCheck('error_rate', 'error_rate_spike'));
    ship.check('latency', metricCheck('latency', 'latency_degradation'));
  },
});

/** What is asked of Prometheus. */
interface Query {
  /** The address of the server. */
  readonly prometheus: string;
  /** PromQL that answers one number. */
  readonly query: string;
}

/** What the number is held to. */
interface Expected {
  /** The most that it may be. */
  readonly max?: number;
  /** The same query as it was answered so long ago, and how many times that it may be. */
  readonly baseline?: { readonly offset: string; readonly times: number };
}

/** The argument of a check `error_rate` or `latency`. */
interface MetricCheck {
  readonly error_rate?: Query;
  readonly latency?: Query;
  readonly expect: Expected;
}

const duration = durationSchema('30m');

/** What may be written under the name of a check. */
const inputOf = (kind: string): JsonSchema => ({
  $id: `ship:check/${kind}`,
  type: 'object',
  required: [kind, 'expect'],
  additionalProperties: false,
  properties: {
    [kind]: {
      type: 'object',
      required: ['prometheus', 'query'],
      additionalProperties: false,
      properties: {
        prometheus: {
          type: 'string',
          pattern: '^https?://',
          title: 'an address that starts with http:// or https://',
          examples: ['http://127.0.0.1:9090'],
        },
        query: { type: 'string', minLength: 1 },
      },
    },
    expect: {
      type: 'object',
      minProperties: 1,
      additionalProperties: false,
      properties: {
        max: { type: 'number' },
        baseline: {
          type: 'object',
          required: ['offset', 'times'],
          additionalProperties: false,
          properties: { offset: duration, times: { type: 'number', exclusiveMinimum: 0 } },
        },
      },
    },
  },
});

/** `error_rate:` and `latency:`: a number from Prometheus, held to a limit and to what it was before. */
function metricCheck(kind: 'error_rate' | 'latency', trigger: Trigger): Check<MetricCheck> {
  return {
    trigger,
    input: inputOf(kind),
    describe: (input) => input[kind]!.query,
    async run(ctx, input) {
      const { prometheus, query } = input[kind]!;
      const { max, baseline } = input.expect;
      const now = await ask(ctx, prometheus, query);
      if ('nothing' in now) return { outcome: 'inconclusive', detail: now.nothing };
      if (max !== undefined && now.value > max) return { outcome: 'failed', detail: `${shown(now.value)}, expected at most ${shown(max)}` };
      if (baseline === undefined) return { outcome: 'passed', detail: shown(now.value) };
      const then = await ask(ctx, prometheus, query, (Date.now() - (parseDuration(baseline.offset) ?? 0)) / 1000);
      if ('nothing' in then) return { outcome: 'inconclusive', detail: `${baseline.offset} ago: ${then.nothing}` };
      return compared(now.value, then.value, baseline);
    },
  };
}

function compared(now: number, then: number, { offset, times }: NonNullable<Expected['baseline']>): CheckOutcome {
  const most = then * times;
  if (now <= most) return { outcome: 'passed', detail: `${shown(now)}, ${shown(then)} ${offset} ago` };
  return {
    outcome: 'failed',
    detail: `${shown(now)}, expected at most ${shown(most)}: ${times} times the ${shown(then)} of ${offset} ago`,
  };
}

const shown = (value: number): string => String(Number(value.toPrecision(4)));

/** A number, or why there is none. */
type Answer = { readonly value: number } | { readonly nothing: string };

/** One number: a scalar, or a vector of one. Prometheus that cannot be asked throws, which counts as errored. */
async function ask(ctx: Context, server: string, query: string, time?: number): Promise<Answer> {
  const url = new URL('api/v1/query', server.endsWith('/') ? server : `${server}/`);
  url.searchParams.set('query', query);
  if (time !== undefined) url.searchParams.set('time', time.toFixed(3));
  const response = await fetch(url, { signal: ctx.signal, headers: { 'user-agent': 'ship' } }).catch((cause: Error) => {
    throw ctx.signal.aborted
      ? ctx.signal.reason
      : new Error(`${server}: ${(cause.cause as Error | undefined)?.message ?? cause.message}`, { cause });
  });
  const body = (await response.json().catch(() => ({}))) as {
    status?: string;
    error?: string;
    data?: { resultType: string; result: unknown };
  };
  if (body.status !== 'success') throw new Error(`${server} answers ${response.status}: ${body.error ?? 'no answer of Prometheus'}`);
  return numberIn(body.data!.resultType, body.data!.result);
}

function numberIn(type: string, result: unknown): Answer {
  const samples =
    type === 'scalar'
      ? [result as [number, string]]
      : type === 'vector'
        ? (result as { value: [number, string] }[]).map(({ value }) => value)
        : [];
  if (samples.length !== 1)
    return { nothing: samples.length === 0 ? `no data (a ${type})` : `${samples.length} series, where one number is expected` };
  const value = Number(samples[0]![1]);
  // A rate over no requests is NaN: nothing was asked, so nothing is proven.
  return Number.isFinite(value) ? { value } : { nothing: `${samples[0]![1]}: no requests, perhaps` };
}
