import { suggest } from '../config/index.js';
import { precompiled } from '../config/precompiled.js';
import { askedFor } from '../config/schema-messages.js';
import type { SchemaError, SchemaValidator } from '../config/schema-validator.js';
import { errors } from '../errors/catalogue.js';
import { messageOf } from '../errors/ship-error.js';
import type { JsonSchema, Position } from '../types/index.js';

/** A mistake against a schema: where in the value, what, and what to do. */
export interface SchemaMistake {
  /** Keys from the value down to the mistake. */
  readonly path: readonly string[];
  /** What is wrong, with the user's value. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** Whose schema it is, for the error that says that it cannot be used. */
export interface SchemaOwner {
  /** The plugin that brings the schema. */
  readonly plugin: string;
  /** What is checked, such as `action files/copy`. */
  readonly what: string;
  /** Where the config uses it. */
  at?(): Position | undefined;
}

const NOBODY: SchemaOwner = { plugin: 'unknown', what: 'a value' };

/** Keywords that only say that something below them failed. */
const ECHOES = new Set(['if', 'anyOf', 'oneOf', 'allOf', 'propertyNames']);

/** Checks values against schemas. Schemas of our own plugins are compiled ahead of time, by `$id`; ajv is loaded for others only. */
export class SchemaChecker {
  readonly #compiled = new WeakMap<JsonSchema, SchemaValidator>();

  /** Whether a schema that is compiled already accepts the value: no promise is made for what is right, as most is. */
  accepts(schema: JsonSchema, value: unknown): boolean {
    const known = this.#known(schema);
    return known?.(value) === true;
  }

  /** The mistakes of a value. Throws SHIP_PLUGIN_SCHEMA where nothing can be checked against the schema itself. */
  async check(schema: JsonSchema, value: unknown, owner: SchemaOwner = NOBODY): Promise<readonly SchemaMistake[]> {
    const validate = await this.#validator(schema, owner);
    if (validate(value)) return [];
    const all = validate.errors ?? [];
    return meant(all).map((error) => explain(error, schema, value));
  }

  #known(schema: JsonSchema): SchemaValidator | undefined {
    return precompiled.get(String(schema?.$id)) ?? this.#compiled.get(schema);
  }

  async #validator(schema: JsonSchema, { plugin, what, at }: SchemaOwner): Promise<SchemaValidator> {
    const known = this.#known(schema);
    if (known) return known;
    const { Ajv } = await import('ajv');
    try {
      const compiled = new Ajv({ allErrors: true, strict: false, allowUnionTypes: true }).compile(schema) as SchemaValidator;
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
  const path = parts(error.instancePath);
  const { params, propertyName } = error;
  if (error.keyword === 'additionalProperties') return explainUnknown(String(params.additionalProperty), path, schema);
  if (error.keyword === 'required') return { path, message: `${JSON.stringify(params.missingProperty)} is missing` };
  const raw = propertyName ?? path.reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], value);
  const given = show(raw);
  if (error.keyword === 'enum') return explainChoice(path, raw, params.allowedValues as readonly unknown[]);
  const asked = askedFor({ ...error, parentSchema: schemaAt(schema, error.schemaPath) });
  if (asked === undefined) return { path, message: `${given} ${error.message ?? 'is not valid'}` };
  return { path, message: `${given} is not ${asked.expected}`, ...(asked.hint === undefined ? {} : { hint: asked.hint }) };
}

function explainChoice(path: readonly string[], raw: unknown, allowed: readonly unknown[]): SchemaMistake {
  const near = suggest(String(raw), allowed.map(String));
  return {
    path,
    message: `${show(raw)} is not one of ${allowed.join(', ')}`,
    ...(near === undefined ? {} : { hint: `Did you mean \`${near}\`?` }),
  };
}

/** The parts of a JSON pointer. */
const parts = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

/** The schema that has the keyword at the end of the path. */
function schemaAt(schema: JsonSchema, schemaPath: string): JsonSchema {
  const path = parts(decodeURIComponent(schemaPath)).slice(0, -1);
  return path.reduce<JsonSchema>((part, key) => (part[key] ?? {}) as JsonSchema, schema);
}

function explainUnknown(key: string, path: readonly string[], schema: JsonSchema): SchemaMistake {
  const known = Object.keys(propertiesAt(schema, path));
  const near = suggest(key, known);
  return {
    path: [...path, key],
    message: `unknown key ${JSON.stringify(key)}`,
    hint: near ? `Did you mean \`${near}\`?` : known.length > 0 ? `Known keys: ${known.join(', ')}.` : 'Nothing is expected here.',
  };
}

function propertiesAt(schema: JsonSchema, path: readonly string[]): Record<string, unknown> {
  const at = path.reduce<JsonSchema | undefined>(
    (part, key) => (part?.properties as Record<string, JsonSchema> | undefined)?.[key],
    schema,
  );
  return (at?.properties as Record<string, unknown> | undefined) ?? {};
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
