import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { precompiled } from './precompiled.js';
import type { SchemaValidator } from './schema-validator.js';

/** How schemas of ours are compiled, now or when the command is built. */
export const AJV_OPTIONS = { allErrors: true, strict: false, allowUnionTypes: true, verbose: true } as const;

let compiled: SchemaValidator | undefined = precompiled.get('urn:ship:schema:config:1');

/** Checks a config against its schema. The mistakes are in `errors`. */
export const validateConfig: SchemaValidator = (value) => {
  compiled ??= compile();
  const isValid = compiled(value);
  validateConfig.errors = compiled.errors ?? null;
  return isValid;
};

/** From the sources. Required where it is used, since an import would put ajv into every start of the command. */
function compile(): SchemaValidator {
  const { Ajv } = createRequire(import.meta.url)('ajv') as typeof import('ajv');
  const schema = JSON.parse(readFileSync(new URL('../../../../schemas/config.schema.json', import.meta.url), 'utf8'));
  return new Ajv(AJV_OPTIONS).compile(schema) as SchemaValidator;
}
