import type { JsonSchema } from '@ship/core';
import { expect, it } from 'vitest';
import { JsonSchemaChecker } from '../src/index.js';

const told = async (schema: JsonSchema, value: unknown) =>
  (await new JsonSchemaChecker().check(schema, value)).map(
    ({ path, message, hint }) => `${path.join('.')}: ${message}${hint === undefined ? '' : ` | ${hint}`}`,
  );
const object = (key: string, schema: JsonSchema) => ({ type: 'object', properties: { [key]: schema } });
const path = { type: 'string', pattern: '^/', title: 'a path that starts with a slash', examples: ['/healthz', '/up'] };

it.each<[string, JsonSchema, unknown, string]>([
  [
    'a pattern with a title',
    object('http', path),
    { http: 'a' },
    'http: "a" is not a path that starts with a slash | Such as `/healthz` or `/up`.',
  ],
  [
    'a pattern with a description',
    object('a', { pattern: '^x$', description: 'The name of a ship.' }),
    { a: 'y' },
    'a: "y" is not written in the form that is expected here | The name of a ship.',
  ],
  [
    'a pattern without a word',
    object('a', { pattern: '^x$' }),
    { a: 'y' },
    'a: "y" is not written in the form that is expected here | It has to match the pattern ^x$.',
  ],
  [
    'a pattern of keys',
    object('env', { propertyNames: { pattern: '^[A-Z]+$', title: 'a name' } }),
    { env: { a1: 'x' } },
    'env: "a1" is not a name',
  ],
  [
    'a pattern among forms',
    object('a', { anyOf: [{ type: 'integer' }, path] }),
    { a: 'b' },
    'a: "b" is not a path that starts with a slash | Such as `/healthz` or `/up`.',
  ],
  [
    'a pattern under an odd key',
    object('a/b~c d', path),
    { 'a/b~c d': 'x' },
    'a/b~c d: "x" is not a path that starts with a slash | Such as `/healthz` or `/up`.',
  ],
  ['a number in a range', object('n', { type: 'integer', minimum: 1, maximum: 9 }), { n: 10 }, 'n: 10 is not a whole number from 1 to 9'],
  ['a number above another', object('n', { type: 'number', exclusiveMinimum: 0 }), { n: 0 }, 'n: 0 is not a number above 0'],
  ['a kind', object('n', { type: 'boolean' }), { n: 'yes' }, 'n: "yes" is not true or false | Write true or false, without quotes.'],
  ['a word of some', object('n', { enum: ['auto', 'never'] }), { n: 'auta' }, 'n: "auta" is not one of auto, never | Did you mean `auto`?'],
  ['a constant', object('n', { const: true }), { n: false }, 'n: false is not true'],
  ['a text that is not empty', object('n', { type: 'string', minLength: 1 }), { n: '' }, 'n: "" is not allowed to be empty'],
])('given a schema that asks for %s, when a value is something else, then people are told in words', async (_, schema, value, expected) => {
  expect(await told(schema, value)).toEqual([expected]);
});
