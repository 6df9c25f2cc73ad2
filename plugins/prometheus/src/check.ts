import type { Check, CheckOutcome, Trigger } from '@ship/core';
import { ask } from './query.js';
import { type Expected, inputOf, type MetricCheck } from './schema.js';

const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

/** `error_rate:` and `latency:`: a number from Prometheus, held to a limit and to what it was before. */
export function metricCheck(kind: 'error_rate' | 'latency', trigger: Trigger): Check<MetricCheck> {
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
      const then = await ask(ctx, prometheus, query, Date.now() / 1000 - secondsOf(baseline.offset));
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
const secondsOf = (text: string): number => Number.parseFloat(text) * SECONDS[text.replace(/^[\d.]+/, '')]!;
