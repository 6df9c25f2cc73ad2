import { suggest } from '../config/suggest.js';
import type { JsonSchema } from '../types/index.js';

/** A mistake against a schema: where in the value, what, and what to do. */
export interface SchemaMistake {
  readonly path: readonly string[];
  readonly message: string;
  readonly hint?: string;
}

/** What ajv reports, as far as it is used here. */
interface SchemaError {
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly message?: string;
  readonly params: Record<string, unknown>;
  readonly parentSchema?: { readonly properties?: Record<string, unknown> };
}

/** A schema compiled by ajv, now or ahead of time. */
export type CompiledSchema = ((value: unknown) => boolean) & { errors?: readonly SchemaError[] | null };

/** Keywords that only say that something below them failed. */
const ECHOES = new Set(['if', 'anyOf', 'oneOf', 'allOf']);

/** Checks values against schemas. Schemas of our own plugins are compiled ahead of time, by `$id`; ajv is loaded for others only. */
export class SchemaChecker {
  readonly #compiled = new WeakMap<JsonSchema, CompiledSchema>();

  constructor(private readonly precompiled: Readonly<Record<string, CompiledSchema>> = {}) {}

  async check(schema: JsonSchema, value: unknown): Promise<readonly SchemaMistake[]> {
    const validate = await this.#validator(schema);
    if (validate(value)) return [];
    const all = validate.errors ?? [];
    return meant(all).map((error) => explain(error, schema, value));
  }

  async #validator(schema: JsonSchema): Promise<CompiledSchema> {
    const known = this.precompiled[String(schema.$id)] ?? this.#compiled.get(schema);
    if (known) return known;
    const { Ajv } = await import('ajv');
    const compiled = new Ajv({ allErrors: true, strict: false, allowUnionTypes: true }).compile(schema) as CompiledSchema;
    this.#compiled.set(schema, compiled);
    return compiled;
  }
}

/** One line a mistake: of several forms that a value may have, only what is wrong with the one that it was meant to be. */
function meant(all: readonly SchemaError[]): readonly SchemaError[] {
  const telling = all.filter(({ keyword }) => !ECHOES.has(keyword));
  const wrongType = (error: SchemaError) => error.keyword === 'type' && telling.some((other) => isOtherForm(error, other));
  const kept = telling.filter((error) => !wrongType(error));
  return kept.length > 0 ? kept : telling.length > 0 ? telling : all;
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
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const { params } = error;
  if (error.keyword === 'additionalProperties') return explainUnknown(String(params.additionalProperty), path, schema);
  if (error.keyword === 'required') return { path, message: `${JSON.stringify(params.missingProperty)} is missing` };
  const given = show(path.reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], value));
  if (error.keyword === 'enum') return { path, message: `${given} is not one of ${(params.allowedValues as unknown[]).join(', ')}` };
  if (error.keyword === 'type') return { path, message: `${given} is not ${article(String(params.type))}` };
  return { path, message: `${given} ${error.message ?? 'is not valid'}` };
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

const article = (types: string): string => (/^[aeio]/.test(types) ? `an ${types}` : `a ${types}`).replaceAll(',', ' or ');

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
