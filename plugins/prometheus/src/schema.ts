import type { JsonSchema } from '@ship/core';

/** What is asked of Prometheus. */
export interface Query {
  /** The address of the server. */
  readonly prometheus: string;
  /** PromQL that answers one number. */
  readonly query: string;
}

/** What the number is held to. */
export interface Expected {
  /** The most that it may be. */
  readonly max?: number;
  /** The same query as it was answered so long ago, and how many times that it may be. */
  readonly baseline?: { readonly offset: string; readonly times: number };
}

/** The argument of a check `error_rate` or `latency`. */
export interface MetricCheck {
  readonly error_rate?: Query;
  readonly latency?: Query;
  readonly expect: Expected;
}

const duration = { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$', title: 'a duration', examples: ['30m'] };

/** What may be written under the name of a check. */
export const inputOf = (kind: string): JsonSchema => ({
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
