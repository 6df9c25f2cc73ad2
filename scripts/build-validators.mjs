#!/usr/bin/env node
// Compiles the JSON Schema of the config to code, so that nothing is compiled when `ship` starts.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Ajv from 'ajv';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { madeLate } from './late-schemas.mjs';
import { predicateOf } from './predicates.mjs';

const SCHEMA = new URL('../schemas/config.schema.json', import.meta.url);
const CONFIG = new URL('../packages/core/src/config/', import.meta.url);

const HEADER = `// Made of schemas/config.schema.json by scripts/build-validators.mjs. Do not edit.
// @ts-nocheck
// biome-ignore-all lint: generated
// biome-ignore-all format: generated
// biome-ignore-all assist: generated
`;

const OPTIONS = { strictTypes: false, code: { source: true, esm: true } };

/** The sources of the validators, by the names that they should have in the folder of the config's code. */
export function validatorSources() {
  const schema = withoutDescriptions(JSON.parse(readFileSync(SCHEMA, 'utf8')));
  const ajv = new Ajv.default({ ...OPTIONS, allErrors: true, verbose: true, code: { ...OPTIONS.code, lines: true } });
  return {
    'validator.generated.ts': source(madeLate(standaloneCode.default(ajv, ajv.compile(schema))), (validate) => [
      "import type { SchemaValidator } from './schema-validator.js';",
      '/** Checks a config against its schema. The mistakes are in `errors`. */',
      `export const validateConfig: SchemaValidator = ${validate};`,
    ]),
    'predicate.generated.ts': source(predicateOf(OPTIONS, [schema], schema.$id), (validate) => [
      '/** Whether a config fits its schema: all that is asked of one without mistakes. */',
      `export const fitsSchema: (config: unknown) => boolean = ${validate};`,
    ]),
  };
}

function source(code, footer) {
  if (/\brequire\(|\bimport /.test(code))
    throw new Error('The generated validator needs a module of ajv at run time. Avoid that keyword in the schema.');
  const [, validate] = /export default (\w+);/.exec(code) ?? [];
  const body = code.replace(/^"use strict";\s*/, '').replace(/export (?:const validate = \w+|default \w+);\s*/g, '');
  return [HEADER + body.trimEnd(), ...footer(validate), ''].join('\n');
}

/** They are for editors; in the validator they would only be weight. What a pattern means, it tells people, too. */
function withoutDescriptions(value, isNames = false) {
  if (Array.isArray(value)) return value.map((item) => withoutDescriptions(item));
  if (typeof value !== 'object' || value === null) return value;
  const unneeded = value.pattern === undefined ? ['description', 'title', 'examples'] : ['description'];
  const kept = Object.entries(value).filter(([key]) => isNames || !unneeded.includes(key));
  return Object.fromEntries(
    kept.map(([key, item]) => [key, withoutDescriptions(item, !isNames && (key === 'properties' || key === 'definitions'))]),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, text] of Object.entries(validatorSources())) writeFileSync(new URL(name, CONFIG), text);
}
