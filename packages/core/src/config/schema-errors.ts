import { errors } from '../errors/catalogue.js';
import type { ShipError } from '../errors/ship-error.js';
import { durationProblem } from './duration.js';
import { choice, nameProblem } from './names.js';
import { formatPath, getAt, type Path } from './paths.js';
import type { SchemaError } from './schema-validator.js';
import { askedFor } from './schema-words.js';
import { showValue } from './show.js';
import type { Source } from './source.js';
import { typeError } from './type-errors.js';

/** What a complaint of the validator is about. */
export interface Complaint {
  readonly error: SchemaError;
  readonly source: Source;
  readonly location: Path;
  readonly raw: unknown;
  readonly path: string;
  readonly value: string;
}

/** Says a complaint of the validator in words that people use. */
export function translateError(error: SchemaError, location: Path, source: Source): ShipError {
  const raw = getAt(source.value, location);
  const complaint = { error, source, location, raw, path: formatPath(location), value: showValue(source, location, raw) };
  const translate = TRANSLATORS[error.keyword] ?? otherError;
  return translate(complaint);
}

const TRANSLATORS: Readonly<Record<string, (complaint: Complaint) => ShipError>> = {
  type: (complaint) => (isDuration(complaint) ? durationError(complaint) : typeError(complaint)),
  pattern: patternError,
  enum: enumError,
  required: requiredError,
  additionalProperties: unknownKeyError,
  minimum: numberError,
  maximum: numberError,
};

const at = ({ source, location }: Complaint) => ({ at: source.position(location) });

const isDuration = ({ error }: Complaint) => error.schemaPath.includes('definitions/duration');

function durationError(complaint: Complaint): ShipError {
  const problem = durationProblem(complaint.raw, { zero: true }) ?? { reason: 'is not a duration' };
  return errors.SHIP_CONFIG_DURATION({ path: complaint.path, value: complaint.value, ...problem }, at(complaint));
}

function patternError(complaint: Complaint): ShipError {
  const { error, path, value, raw } = complaint;
  if (isDuration(complaint)) return durationError(complaint);
  if (error.schemaPath.includes('definitions/name')) {
    const reason = (typeof raw === 'string' && nameProblem(raw)) || 'has something in it that no name has';
    return errors.SHIP_CONFIG_NAME({ path, value, reason }, at(complaint));
  }
  return errors.SHIP_CONFIG_FORMAT({ path, value, ...askedFor(error)! }, at(complaint));
}

function enumError(complaint: Complaint): ShipError {
  const { error, path, value, raw } = complaint;
  const known = (error.params.allowedValues as readonly unknown[]).map(String);
  return errors.SHIP_CONFIG_VALUE({ path, value, ...choice(String(raw), known) }, at(complaint));
}

const MISSING: Readonly<Record<string, string>> = {
  id: 'Give the step a name, such as `id: build`.',
  project: 'Name the project: `project: shop`.',
  times: 'Say how many attempts follow the first one: `times: 2`.',
};

function requiredError(complaint: Complaint): ShipError {
  const key = String(complaint.error.params.missingProperty);
  return errors.SHIP_CONFIG_MISSING_KEY({ path: complaint.path, key, hint: MISSING[key] ?? `Add \`${key}:\`.` }, at(complaint));
}

function unknownKeyError({ error, location, source }: Complaint): ShipError {
  const key = String(error.params.additionalProperty);
  const path = [...location, key];
  const known = Object.keys((error.parentSchema?.properties ?? {}) as object);
  return errors.SHIP_CONFIG_UNKNOWN_KEY({ path: formatPath(path), ...choice(key, known) }, { at: source.position(path, 'key') });
}

function numberError(complaint: Complaint): ShipError {
  const { path, value, error } = complaint;
  return errors.SHIP_CONFIG_NUMBER({ path, value, expected: askedFor(error)!.expected }, at(complaint));
}

function otherError(complaint: Complaint): ShipError {
  const { path, value, error } = complaint;
  const asked = askedFor(error) ?? { expected: `what the schema asks for (${error.keyword})` };
  return errors.SHIP_CONFIG_FORMAT({ path, value, ...asked }, at(complaint));
}
