import { errors } from '../errors/catalogue.js';
import type { ShipError } from '../errors/ship-error.js';
import type { Complaint } from './schema-errors.js';
import type { SchemaError } from './schema-validator.js';
import { kindOf } from './show.js';

/** Words that older YAML took for booleans, and booleans in quotes. */
const BOOLEAN_WORDS = /^(?:yes|no|on|off|y|n|true|false)$/i;

const WORDS: Readonly<Record<string, string>> = { string: 'text', array: 'a list', object: 'a map', boolean: 'true or false' };

const HINTS: Readonly<Record<string, string>> = {
  irreversible: 'Give the reason why the step cannot be undone, in words.',
  text: 'Write the value in quotes.',
  'a list': 'Write each item in a line of its own after `- `, or all of them as [a, b].',
  'a map': 'Write `key: value` pairs, indented, in the lines below.',
  'true or false': 'Write true or false, without quotes.',
};

/** Says that a value is of another kind than the one expected. */
export function typeError(complaint: Complaint): ShipError {
  const { error, raw, path, value, source, location } = complaint;
  const extras = { at: source.position(location) };
  const types = [error.params.type].flat() as string[];
  if (types.includes('string') && isUnquoted(raw)) return unquotedError(complaint);
  if (types.includes('boolean') && typeof raw === 'string' && BOOLEAN_WORDS.test(raw)) {
    return errors.SHIP_CONFIG_BOOLEAN({ path, value }, extras);
  }
  const expected = types.filter((type) => type !== 'null').map((type) => WORDS[type] ?? expectedNumber(error.parentSchema));
  if (types.includes('integer') && typeof raw === 'number') {
    return errors.SHIP_CONFIG_NUMBER({ path, value, expected: expected.join(' or ') }, extras);
  }
  const hint = HINTS[String(location.at(-1))] ?? HINTS[expected[0] ?? ''] ?? 'Write the number without quotes.';
  return errors.SHIP_CONFIG_TYPE({ path, value: described(raw, value), expected: expected.join(' or '), hint }, extras);
}

function isUnquoted(raw: unknown): boolean {
  return typeof raw === 'number' || typeof raw === 'boolean';
}

function unquotedError({ raw, path, value, source, location }: Complaint): ShipError {
  return errors.SHIP_CONFIG_UNQUOTED({ path, value, read: `the ${typeof raw} ${String(raw)}` }, { at: source.position(location) });
}

/** The value with its kind, where it does not tell its kind itself. */
function described(raw: unknown, value: string): string {
  return typeof raw === 'object' || raw === undefined ? value : `${value} is ${kindOf(raw)}`;
}

/** The number that a schema asks for, in words. */
export function expectedNumber(schema: SchemaError['parentSchema']): string {
  const { minimum, maximum } = schema ?? {};
  if (minimum === undefined) return 'a whole number';
  return maximum === undefined ? `a whole number of at least ${minimum}` : `a whole number from ${minimum} to ${maximum}`;
}
