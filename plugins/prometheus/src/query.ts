import type { Context } from '@ship/core';

/** A number, or why there is none. */
export type Answer = { readonly value: number } | { readonly nothing: string };

/** One number: a scalar, or a vector of one. Prometheus that cannot be asked throws, which counts as errored. */
export async function ask(ctx: Context, server: string, query: string, time?: number): Promise<Answer> {
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
