import type { Condition, Json } from '../types/index.js';

const texts = (value: Json): string[] => [value].flat().map(String);

/** `when: { environment: production }` or a list of names. */
export const environmentCondition: Condition = {
  input: { $id: 'ship:condition/environment', anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }] },
  holds: (ctx, argument) => texts(argument).includes(ctx.environment),
};

/** `when: { variable: { NAME: value } }`: environment variables with these values; `true`: set to anything, `false`: not set or empty. */
export const variableCondition: Condition = {
  input: {
    $id: 'ship:condition/variable',
    type: 'object',
    minProperties: 1,
    additionalProperties: { anyOf: [{ type: 'string' }, { type: 'boolean' }] },
  },
  holds: (_ctx, argument) =>
    Object.entries(argument as Record<string, string | boolean>).every(([name, wanted]) => {
      const value = process.env[name] ?? '';
      return typeof wanted === 'boolean' ? (value !== '') === wanted : value === wanted;
    }),
};
