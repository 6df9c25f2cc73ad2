import { type JsonSchema, type SchemaChecker, type SchemaMistake, type SchemaOwner, suggest } from '@ship/core';
import { choice, messageOf } from '@ship/core/kernel';
import { errors } from './errors.js';
import { precompiled, type SchemaError, type SchemaValidator } from './precompiled.js';
import { AJV_OPTIONS, askedFor, pointerParts } from './schema-messages.js';
import { getAt } from './values.js';

const NOBODY: SchemaOwner = { plugin: 'unknown', what: 'a value' };

/** Keywords that only say that something below them failed. */
const ECHOES = new Set(['if', 'anyOf', 'oneOf', 'allOf', 'propertyNames']);

/** Checks values against schemas. Schemas of our own plugins are compiled ahead of time, by `$id`; ajv is loaded for others only. */
export class JsonSchemaChecker implements SchemaChecker {
  readonly #compiled = new WeakMap<JsonSchema, SchemaValidator>();

  /** Whether a schema that is compiled already accepts the value: no promise is made for what is right, as most is. */
  accepts(schema: JsonSchema, value: unknown): boolean {
    return this.#known(schema)?.(value) === true;
  }

  /** The mistakes of a value. Throws SHIP_PLUGIN_SCHEMA where nothing can be checked against the schema itself. */
  async check(schema: JsonSchema, value: unknown, owner: SchemaOwner = NOBODY): Promise<readonly SchemaMistake[]> {
    const validate = await this.#validator(schema, owner);
    if (validate(value)) return [];
    return meant(validate.errors ?? []).map((error) => explain(error, schema, value));
  }

  #known(schema: JsonSchema): SchemaValidator | undefined {
    return precompiled.get(String(schema?.$id)) ?? this.#compiled.get(schema);
  }

  async #validator(schema: JsonSchema, { plugin, what, at }: SchemaOwner): Promise<SchemaValidator> {
    const known = this.#known(schema);
    if (known) return known;
    const { Ajv } = await import('ajv');
    try {
      const compiled = new Ajv(AJV_OPTIONS).compile(schema) as SchemaValidator;
      this.#compiled.set(schema, compiled);
      return compiled;
    } catch (cause) {
      throw errors.SHIP_PLUGIN_SCHEMA({ plugin, what, problem: messageOf(cause) }, { cause, at: at?.() });
    }
  }
}

/** One line a mistake: of several forms that a value may have, only what is wrong with the one that it was meant to be. */
function meant(all: readonly SchemaError[]): readonly SchemaError[] {
  const specific = all.filter(({ keyword }) => !ECHOES.has(keyword));
  const wrongType = (error: SchemaError) => error.keyword === 'type' && specific.some((other) => isOtherForm(error, other));
  const kept = specific.filter((error) => !wrongType(error));
  return kept.length > 0 ? kept : specific.length > 0 ? specific : all;
}

/** Does `other` speak of the same value, or a part of it, as another branch of one choice, and take its type as right? */
function isOtherForm(error: SchemaError, other: SchemaError): boolean {
  const choice = /^(.*\/(?:anyOf|oneOf))\/(\d+)/;
  const [, where, branch] = choice.exec(error.schemaPath) ?? [];
  const [, otherWhere, otherBranch] = choice.exec(other.schemaPath) ?? [];
  return (
    where !== undefined &&
    where === otherWhere &&
    branch !== otherBranch &&
    !(other.keyword === 'type' && other.instancePath === error.instancePath)
  );
}

function explain(error: SchemaError, schema: JsonSchema, value: unknown): SchemaMistake {
  const { keyword, params, propertyName } = error;
  const path = pointerParts(error.instancePath);
  if (keyword === 'additionalProperties') return explainUnknown(String(params.additionalProperty), path, schema);
  if (keyword === 'required') return { path, message: `${JSON.stringify(params.missingProperty)} is missing` };
  const raw = propertyName ?? getAt(value, path);
  const given = show(raw);
  if (keyword === 'enum') {
    const allowed = params.allowedValues as readonly unknown[];
    const near = suggest(String(raw), allowed.map(String));
    return { path, message: `${given} is not one of ${allowed.join(', ')}`, ...(near && { hint: `Did you mean \`${near}\`?` }) };
  }
  const asked = askedFor(error);
  if (asked === undefined) return { path, message: `${given} ${error.message ?? 'is not valid'}` };
  return { path, message: `${given} is not ${asked.expected}`, ...(asked.hint !== undefined && { hint: asked.hint }) };
}

function explainUnknown(key: string, path: readonly string[], schema: JsonSchema): SchemaMistake {
  const properties = getAt(schema, [...path.flatMap((each) => ['properties', each]), 'properties']);
  const { suggestion, known } = choice(key, Object.keys(properties ?? {}));
  const hint = known.length > 0 ? `Known keys: ${known.join(', ')}.` : 'Nothing is expected here.';
  return {
    path: [...path, key],
    message: `unknown key ${JSON.stringify(key)}`,
    hint: suggestion ? `Did you mean \`${suggestion}\`?` : hint,
  };
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
