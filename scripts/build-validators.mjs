#!/usr/bin/env node
// Compiles the JSON Schema of the config to code, so that nothing is compiled when `ship` starts.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Ajv from 'ajv';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { madeLate } from './late-schemas.mjs';

const SCHEMA = new URL('../schemas/config.schema.json', import.meta.url);
const TARGET = new URL('../packages/core/src/config/validator.generated.ts', import.meta.url);

const HEADER = `// Made of schemas/config.schema.json by scripts/build-validators.mjs. Do not edit.
// @ts-nocheck
// biome-ignore-all lint: generated
// biome-ignore-all format: generated
// biome-ignore-all assist: generated
import type { SchemaValidator } from './schema-validator.js';

`;

const FOOTER = `
/** Checks a config against its schema. The mistakes are in \`errors\`. */
export const validateConfig: SchemaValidator = validate;
`;

/** The source of the validator, as it should stand in the sources of the kernel. */
export function validatorSource() {
  const ajv = new Ajv.default({ allErrors: true, verbose: true, strictTypes: false, code: { source: true, esm: true, lines: true } });
  const schema = withoutDescriptions(JSON.parse(readFileSync(SCHEMA, 'utf8')));
  const code = standaloneCode.default(ajv, ajv.compile(schema));
  if (/\brequire\(|^import /m.test(code))
    throw new Error('The generated validator needs a module of ajv at run time. Avoid that keyword in the schema.');
  const [, name] = /export default (\w+);/.exec(code) ?? [];
  const body = madeLate(code.replace(/^"use strict";\s*/, '').replace(/export (?:const validate = \w+|default \w+);\s*/g, ''));
  return `${HEADER}${body.trimEnd()}\n${FOOTER.replace('= validate;', `= ${name};`)}`;
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
  writeFileSync(TARGET, validatorSource());
}
