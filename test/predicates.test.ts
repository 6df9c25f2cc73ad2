import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectSchemas, OPTIONS } from '../scripts/precompile.mjs';
import { predicateOf } from '../scripts/predicates.mjs';
import { ROOT } from './support/ship.js';

interface Schema {
  readonly [keyword: string]: unknown;
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly minimum?: number;
  readonly pattern?: string;
}

const require = createRequire(import.meta.url);
const CONFIG: Schema = JSON.parse(readFileSync(join(ROOT, 'schemas/config.schema.json'), 'utf8'));
const WORDS = ['web', 'one', '5s', '200', 'a b', '../x', '${NAME}', 'http://127.0.0.1/', '127.0.0.1:80', '>= 1', '1.2.3', '--no', ''];
const junk = fc.oneof(
  fc.constantFrom(...WORDS),
  fc.integer({ min: -1, max: 3 }),
  fc.constantFrom(null, true, 0.5, [], {}, [[]], { web: {} }),
);

/** Values that mostly fit a schema: each part of one is now and then something else. */
function valuesOf(schema: Schema | boolean, root: Schema, depth = 0): fc.Arbitrary<unknown> {
  if (typeof schema === 'boolean' || depth > 12) return junk;
  return fc.oneof({ weight: 25, arbitrary: fitting(schema, root, depth + 1) }, { weight: 1, arbitrary: junk });
}

function fitting(schema: Schema, root: Schema, depth: number): fc.Arbitrary<unknown> {
  const { $ref, enum: words_, anyOf, oneOf, allOf, type, ...rest } = schema;
  if ($ref !== undefined) return valuesOf(resolved($ref, root), root, depth);
  if (words_ !== undefined) return fc.constantFrom(...words_);
  const forms = anyOf ?? oneOf ?? allOf;
  if (forms !== undefined) return fc.oneof(...forms.map((form) => valuesOf({ ...rest, type, ...form } as Schema, root, depth)));
  if (Array.isArray(type)) return fc.oneof(...type.map((each: string) => valuesOf({ ...schema, type: each }, root, depth)));
  if (type === 'string') return wordsLike(schema.pattern);
  if (type === 'boolean') return fc.boolean();
  if (type === 'integer' || type === 'number') return fc.nat(3).map((more) => (schema.minimum ?? -1) + more);
  if (type === 'array') return fc.array(valuesOf(schema.items ?? {}, root, depth), { maxLength: 2 });
  if (type === 'object' || schema.properties !== undefined) return objectsOf(schema, root, depth);
  return junk;
}

function wordsLike(pattern = '') {
  const like = WORDS.filter((word) => new RegExp(pattern, 'u').test(word));
  return like.length > 0 ? fc.constantFrom(...like) : junk;
}

/** Few keys: of many, one value would be wrong nearly always. */
function objectsOf({ properties = {}, required = [], additionalProperties = true }: Schema, root: Schema, depth: number) {
  const pair = (key: string, value: Schema | boolean) => fc.tuple(fc.constant(key), valuesOf(value, root, depth));
  const optional = Object.keys(properties).filter((key) => !required.includes(key));
  const known = required.filter((key) => key in properties).map((key) => pair(key, properties[key]!));
  const some = fewOf(optional, 2).chain((keys) => fc.tuple(...keys.map((key) => pair(key, properties[key]!))));
  const other = additionalProperties === false ? [] : [pair('web', additionalProperties), pair('a b', additionalProperties)];
  const more = fewOf(other, 1).chain((pairs) => fc.tuple(...pairs));
  return fc.tuple(fc.tuple(...known), some, more).map((pairs) => Object.fromEntries(pairs.flat()));
}

const fewOf = <T>(all: readonly T[], most: number) => fc.shuffledSubarray([...all], { maxLength: Math.min(most, all.length) });

const resolved = ($ref: string, root: Schema): Schema =>
  $ref
    .replace('#/', '')
    .split('/')
    .reduce((at, key) => at[key] as Schema, root);

/** The predicate, as a chunk runs it. */
function predicate(options: object, schemas: readonly Schema[], id: string): (value: unknown) => boolean {
  const module = { exports: {} as (value: unknown) => boolean };
  new Function('module', 'require', predicateOf(options, schemas, id))(module, require);
  return module.exports;
}

/** Both judge many values; tells whether right ones and wrong ones were among them. */
function compare(options: object, schemas: readonly Schema[], schema: Schema, numRuns: number) {
  const id = String(schema.$id);
  const fits = predicate(options, schemas, id);
  const validate = new Ajv({ ...options, allErrors: true, schemas: [...schemas] }).getSchema(id)!;
  const seen = { right: 0, wrong: 0 };
  fc.assert(
    fc.property(valuesOf(schema, schema), (value) => {
      const isRight = validate(value) === true;
      seen[isRight ? 'right' : 'wrong'] += 1;
      expect(fits(value), id).toBe(isRight);
    }),
    { numRuns },
  );
  return seen;
}

describe('Given a schema and the predicate made of it', () => {
  // Each definition for itself: in a whole config nearly nothing of what is deep in it would be looked at.
  it.each(['', ...Object.keys(CONFIG.definitions as object)])(
    'when values fit the schema of the config, its definition %j, nearly do or do not, then both say the same',
    (name) => {
      const definitions = CONFIG.definitions as Record<string, Schema>;
      const schema: Schema = name === '' ? CONFIG : { ...definitions[name], definitions, $id: `urn:test:${name}` };
      const seen = compare({ strictTypes: false, code: { source: true } }, [schema], schema, 1000);
      expect(seen.right).toBeGreaterThan(20);
      expect(seen.wrong).toBeGreaterThan(20);
    },
  );

  it('when values fit a schema of the kernel or of our own plugins, nearly do or do not, then both say the same', async () => {
    const schemas: Schema[] = await collectSchemas(ROOT);
    expect(schemas.length).toBeGreaterThan(20);
    const seen = schemas.map((schema) => ({ id: schema.$id, ...compare(OPTIONS, schemas, schema, 300) }));
    expect(seen.filter(({ right, wrong }) => right === 0 || wrong === 0)).toEqual([]);
  });
});
