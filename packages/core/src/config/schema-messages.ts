import { errors } from '../errors/catalogue.js';
import type { ShipError } from '../errors/ship-error.js';
import type { Position } from '../types/index.js';
import type { Source } from './diagnostics.js';
import { formatPath, getAt, type Path } from './paths.js';
import type { SchemaError } from './schema-validator.js';
import { showValue } from './scope.js';
import { choice, durationProblem, kindOf, nameProblem } from './values.js';

/** What a schema asks for at one place, as it goes after `is not`, and what helps. */
export interface Asked {
  readonly expected: string;
  readonly hint?: string | undefined;
}

type Schema = NonNullable<SchemaError['parentSchema']>;

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  array: 'a list',
  object: 'a map',
  boolean: 'true or false',
  number: 'a number',
};

const HINTS: Readonly<Record<string, string>> = {
  text: 'Write the value in quotes.',
  'a list': 'Write each item in a line of its own after `- `, or all of them as [a, b].',
  'a map': 'Write `key: value` pairs, indented, in the lines below.',
  'true or false': 'Write true or false, without quotes.',
};

/** A complaint of a validator in words; undefined for keywords that have none of their own. */
export function askedFor({ keyword, params, parentSchema = {} }: SchemaError): Asked | undefined {
  switch (keyword) {
    case 'type':
      return kindOfType([params.type].flat() as string[], parentSchema);
    case 'pattern':
      return formatOf(parentSchema);
    case 'const':
      return { expected: JSON.stringify(params.allowedValue) };
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
      return { expected: numberOf(parentSchema) };
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return params.limit === 1 ? { expected: 'allowed to be empty' } : undefined;
    default:
      return undefined;
  }
}

function kindOfType(types: readonly string[], schema: Schema): Asked {
  const kinds = types.filter((type) => type !== 'null').map((type) => (type === 'integer' ? numberOf(schema) : (KINDS[type] ?? type)));
  return { expected: kinds.join(' or '), hint: HINTS[kinds[0] ?? ''] ?? 'Write the number without quotes.' };
}

/** A pattern is for machines: its `title` says the same to people, and `examples` show it. */
function formatOf({ title, description, examples, pattern }: Schema): Asked {
  const such = Array.isArray(examples) ? `Such as ${examples.map((example) => `\`${example}\``).join(' or ')}.` : undefined;
  if (typeof title === 'string') return { expected: title, hint: such };
  const reason = typeof description === 'string' ? description : `It has to match the pattern ${pattern}.`;
  return { expected: 'written in the form that is expected here', hint: such ?? reason };
}

function numberOf({ type, minimum, maximum, exclusiveMinimum }: Schema): string {
  const number = [type].flat().includes('number') ? 'a number' : 'a whole number';
  if (exclusiveMinimum !== undefined) return `${number} above ${exclusiveMinimum}`;
  if (minimum === undefined) return maximum === undefined ? number : `${number} of at most ${maximum}`;
  return maximum === undefined ? `${number} of at least ${minimum}` : `${number} from ${minimum} to ${maximum}`;
}

/** A complaint of the validator, and what an error says of the value that it is about. */
interface Complaint {
  readonly error: SchemaError;
  readonly source: Source;
  readonly location: Path;
  readonly raw: unknown;
  readonly path: string;
  readonly value: string;
  readonly extras: { readonly at: Position };
}

/** Says a complaint of the validator in words that people use. */
export function explainSchemaError(error: SchemaError, location: Path, source: Source): ShipError {
  const raw = getAt(source.value, location);
  const shown = { path: formatPath(location), value: showValue(source, location, raw) };
  const explain = EXPLANATIONS[error.keyword] ?? otherError;
  return explain({ error, source, location, raw, ...shown, extras: { at: source.position(location) } });
}

const EXPLANATIONS: Readonly<Record<string, (complaint: Complaint) => ShipError>> = {
  type: typeError,
  pattern: patternError,
  enum: enumError,
  required: requiredError,
  additionalProperties: unknownKeyError,
  minimum: numberError,
  maximum: numberError,
};

const isDuration = ({ error }: Complaint) => error.schemaPath.includes('definitions/duration');

function durationError({ path, value, raw, extras }: Complaint): ShipError {
  const problem = durationProblem(raw, { zero: true }) ?? { reason: 'is not a duration' };
  return errors.SHIP_CONFIG_DURATION({ path, value, ...problem }, extras);
}

function patternError(complaint: Complaint): ShipError {
  const { error, path, value, raw, extras } = complaint;
  if (isDuration(complaint)) return durationError(complaint);
  if (!error.schemaPath.includes('definitions/name')) return otherError(complaint);
  const reason = (typeof raw === 'string' && nameProblem(raw)) || 'has something in it that no name has';
  return errors.SHIP_CONFIG_NAME({ path, value, reason }, extras);
}

function enumError({ error, path, value, raw, extras }: Complaint): ShipError {
  const known = (error.params.allowedValues as readonly unknown[]).map(String);
  return errors.SHIP_CONFIG_VALUE({ path, value, ...choice(String(raw), known) }, extras);
}

const MISSING: Readonly<Record<string, string>> = {
  id: 'Give the step a name, such as `id: build`.',
  project: 'Name the project: `project: shop`.',
  times: 'Say how many attempts follow the first one: `times: 2`.',
};

function requiredError({ error, path, extras }: Complaint): ShipError {
  const key = String(error.params.missingProperty);
  return errors.SHIP_CONFIG_MISSING_KEY({ path, key, hint: MISSING[key] ?? `Add \`${key}:\`.` }, extras);
}

function unknownKeyError({ error, location, source }: Complaint): ShipError {
  const key = String(error.params.additionalProperty);
  const path = [...location, key];
  const known = Object.keys((error.parentSchema?.properties ?? {}) as object);
  return errors.SHIP_CONFIG_UNKNOWN_KEY({ path: formatPath(path), ...choice(key, known) }, { at: source.position(path, 'key') });
}

function numberError({ path, value, error, extras }: Complaint): ShipError {
  return errors.SHIP_CONFIG_NUMBER({ path, value, expected: askedFor(error)!.expected }, extras);
}

function otherError({ path, value, error, extras }: Complaint): ShipError {
  const asked = askedFor(error) ?? { expected: `what the schema asks for (${error.keyword})` };
  return errors.SHIP_CONFIG_FORMAT({ path, value, ...asked }, extras);
}

/** Words that older YAML took for booleans, and booleans in quotes. */
const BOOLEAN_WORDS = /^(?:yes|no|on|off|y|n|true|false)$/i;

/** The value is of another kind than the one expected. */
function typeError(complaint: Complaint): ShipError {
  const { error, raw, path, value, location, extras } = complaint;
  if (isDuration(complaint)) return durationError(complaint);
  const types = [error.params.type].flat() as string[];
  if (types.includes('string') && (typeof raw === 'number' || typeof raw === 'boolean'))
    return errors.SHIP_CONFIG_UNQUOTED({ path, value, read: `the ${typeof raw} ${String(raw)}` }, extras);
  if (types.includes('boolean') && typeof raw === 'string' && BOOLEAN_WORDS.test(raw))
    return errors.SHIP_CONFIG_BOOLEAN({ path, value }, extras);
  if (types.includes('integer') && typeof raw === 'number') return numberError(complaint);
  const { expected, hint } = askedFor(error)!;
  const details = {
    path,
    // With its kind, where that cannot be seen.
    value: typeof raw === 'object' || raw === undefined ? value : `${value} is ${kindOf(raw)}`,
    expected,
    hint: location.at(-1) === 'irreversible' ? 'Give the reason why the step cannot be undone, in words.' : hint,
  };
  return errors.SHIP_CONFIG_TYPE(details, extras);
}
