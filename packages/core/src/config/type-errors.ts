import { errors } from '../errors/catalogue.js';
import type { ShipError } from '../errors/ship-error.js';
import type { Complaint } from './schema-errors.js';
import { askedFor } from './schema-words.js';
import { kindOf } from './show.js';

/** Words that older YAML took for booleans, and booleans in quotes. */
const BOOLEAN_WORDS = /^(?:yes|no|on|off|y|n|true|false)$/i;

/** What fits a key better than the hint for its kind. */
const HINTS: Readonly<Record<string, string>> = { irreversible: 'Give the reason why the step cannot be undone, in words.' };

/** Says that a value is of another kind than the one expected. */
export function typeError(complaint: Complaint): ShipError {
  const { error, raw, path, value, source, location } = complaint;
  const extras = { at: source.position(location) };
  const types = [error.params.type].flat() as string[];
  if (types.includes('string') && isUnquoted(raw)) return unquotedError(complaint);
  if (types.includes('boolean') && typeof raw === 'string' && BOOLEAN_WORDS.test(raw)) {
    return errors.SHIP_CONFIG_BOOLEAN({ path, value }, extras);
  }
  const { expected, hint } = askedFor(error)!;
  if (types.includes('integer') && typeof raw === 'number') return errors.SHIP_CONFIG_NUMBER({ path, value, expected }, extras);
  const better = HINTS[String(location.at(-1))];
  return errors.SHIP_CONFIG_TYPE({ path, value: described(raw, value), expected, hint: better ?? hint }, extras);
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
