import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { ShipError } from '@ship/core';
import { choice, type Diagnostics, type Path } from '@ship/core/kernel';
import { errors } from './errors.js';
import { precompiled, type SchemaError, type SchemaValidator } from './precompiled.js';
import { AJV_OPTIONS, type Asked, askedFor, pointerParts } from './schema-messages.js';
import { mistakeAt, showValue } from './scope.js';
import { type Dict, durationProblem, eachLeaf, getAt, hasAt, kindOf, nameProblem } from './values.js';
import type { Source } from './yaml.js';

let compiled: SchemaValidator | undefined = precompiled.get('urn:ship:schema:config:1');

/** From the sources. Required where it is used, since an import would put ajv into every start of the command. */
function compile(): SchemaValidator {
  const { Ajv } = createRequire(import.meta.url)('ajv') as typeof import('ajv');
  const schema = JSON.parse(readFileSync(new URL('../schemas/config.base.json', import.meta.url), 'utf8'));
  return new Ajv(AJV_OPTIONS).compile(schema) as SchemaValidator;
}

/** Checks a config against its schema. `value` has its variables replaced, but for the environments that were not chosen. */
export function checkSchema(value: unknown, source: Source, diagnostics: Diagnostics, environment: string): void {
  checkVersion(source, diagnostics);
  compiled ??= compile();
  if (compiled(value)) return;
  const found = (compiled.errors ?? []).map((error) => ({ error, path: pointerToPath(error.instancePath, source.value) }));
  const unreported = found.filter(({ error, path }) => {
    return !isVersion(error, path) && !isUnreplaced(path, source, environment) && !diagnostics.isBrokenAt(path);
  });
  for (const { error, path } of unreported)
    diagnostics.add(explain(error, path, source), path, KEY_KEYWORDS.has(error.keyword) ? 'keys' : 'shape');
}

const KEY_KEYWORDS = new Set(['required', 'additionalProperties']);

function isVersion(error: SchemaError, path: Path): boolean {
  return path[0] === 'version' || error.params.missingProperty === 'version';
}

/** A variable of an environment that was not chosen has no value that could be checked. */
function isUnreplaced(path: Path, source: Source, environment: string): boolean {
  const value = getAt(source.value, path);
  return path[0] === 'environments' && path[1] !== environment && typeof value === 'string' && value.includes('${');
}

/** The path of a JSON pointer. Indexes of lists become numbers. */
function pointerToPath(pointer: string, root: unknown): Path {
  return pointerParts(pointer).map((key, index, parts) => (Array.isArray(getAt(root, parts.slice(0, index))) ? Number(key) : key));
}

/** Says a complaint of the validator in words that people use. */
function explain(error: SchemaError, location: Path, source: Source): ShipError {
  const { keyword, params, schemaPath, parentSchema } = error;
  const raw = getAt(source.value, location);
  const asked = askedFor(error) ?? { expected: `what the schema asks for (${keyword})` };
  const isText = keyword === 'type' || keyword === 'pattern';
  if (isText && schemaPath.includes('definitions/duration')) {
    const problem = durationProblem(raw, { zero: true }) ?? { reason: 'is not a duration' };
    return mistakeAt(source, location, errors.SHIP_CONFIG_DURATION, problem);
  }
  if (keyword === 'pattern' && schemaPath.includes('definitions/name')) {
    const reason = (typeof raw === 'string' && nameProblem(raw)) || 'has something in it that no name has';
    return mistakeAt(source, location, errors.SHIP_CONFIG_NAME, { reason });
  }
  switch (keyword) {
    case 'type':
      return typeError([params.type].flat() as string[], location, source, asked);
    case 'enum':
      return mistakeAt(source, location, errors.SHIP_CONFIG_VALUE, choice(String(raw), (params.allowedValues as unknown[]).map(String)));
    case 'required': {
      const key = String(params.missingProperty);
      return mistakeAt(source, location, errors.SHIP_CONFIG_MISSING_KEY, { key, hint: MISSING[key] });
    }
    case 'additionalProperties': {
      const key = String(params.additionalProperty);
      const words = choice(key, Object.keys((parentSchema?.properties ?? {}) as object));
      return mistakeAt(source, [...location, key], errors.SHIP_CONFIG_UNKNOWN_KEY, words, 'key');
    }
    case 'minimum':
    case 'maximum':
      return mistakeAt(source, location, errors.SHIP_CONFIG_NUMBER, asked);
    default:
      return mistakeAt(source, location, errors.SHIP_CONFIG_FORMAT, asked);
  }
}

const MISSING: Readonly<Record<string, string>> = {
  id: 'Give the step a name, such as `id: build`.',
  project: 'Name the project: `project: shop`.',
  times: 'Say how many attempts follow the first one: `times: 2`.',
};

/** Words that older YAML took for booleans, and booleans in quotes. */
const BOOLEAN_WORDS = /^(?:yes|no|on|off|y|n|true|false)$/i;

/** The value is of another kind than those expected. */
function typeError(types: readonly string[], location: Path, source: Source, { expected, hint }: Asked): ShipError {
  const raw = getAt(source.value, location);
  if (types.includes('string') && (typeof raw === 'number' || typeof raw === 'boolean'))
    return mistakeAt(source, location, errors.SHIP_CONFIG_UNQUOTED, { read: `the ${typeof raw} ${String(raw)}` });
  if (types.includes('boolean') && typeof raw === 'string' && BOOLEAN_WORDS.test(raw))
    return mistakeAt(source, location, errors.SHIP_CONFIG_BOOLEAN, {});
  if (types.includes('integer') && typeof raw === 'number') return mistakeAt(source, location, errors.SHIP_CONFIG_NUMBER, { expected });
  const shown = showValue(source, location, raw);
  return mistakeAt(source, location, errors.SHIP_CONFIG_TYPE, {
    // With its kind, where that cannot be seen.
    value: typeof raw === 'object' || raw === undefined ? shown : `${shown} is ${kindOf(raw)}`,
    expected,
    hint: location.at(-1) === 'irreversible' ? 'Give the reason why the step cannot be undone, in words.' : hint,
  });
}

/** The version of the config format: it says more than the schema can. */
function checkVersion(source: Source, diagnostics: Diagnostics): void {
  const { version } = source.value as Dict;
  if (!hasAt(source.value, ['version'])) {
    const details = { key: 'version', hint: 'Write `version: 1` in its first line.' };
    diagnostics.add(mistakeAt(source, [], errors.SHIP_CONFIG_MISSING_KEY, details));
  } else if (version !== 1) {
    const newer = Number.isInteger(version) && (version as number) > 1;
    diagnostics.add(mistakeAt(source, ['version'], errors.SHIP_CONFIG_VERSION, { newer }), ['version'], 'shape');
  }
}

/** Keys that hold text which often looks like a number. */
const TEXT_KEYS = new Set(['version', 'tag', 'sha', 'git_sha', 'commit']);
/** The number of an account, a mode: as a number it has other digits than were written. */
const LEADING_ZERO = /^[-+]?0\d/;

/** Adds mistakes for numbers that are none, that lose digits, or that were meant as text, wherever they stand; variables keep what was written. */
export function checkNumbers(source: Source, diagnostics: Diagnostics): void {
  eachLeaf(source.value, (value, path) => {
    if (typeof value !== 'number' || diagnostics.isBroken(path) || path.join() === 'version') return;
    const written = source.written(path) ?? String(value);
    const losesDigits = (Number.isInteger(value) && !Number.isSafeInteger(value)) || LEADING_ZERO.test(written);
    const isText = TEXT_KEYS.has(String(path.at(-1))) || (path.includes('vars') && written !== String(value));
    if (!Number.isFinite(value)) diagnostics.add(mistakeAt(source, path, errors.SHIP_CONFIG_NUMBER, { expected: 'a finite number' }), path);
    else if (losesDigits || isText)
      diagnostics.add(mistakeAt(source, path, errors.SHIP_CONFIG_UNQUOTED, { read: `the number ${value}` }), path);
  });
}
