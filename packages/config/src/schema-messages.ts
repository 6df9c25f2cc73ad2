import type { SchemaError } from './precompiled.js';

/** How schemas are compiled, now or when the command is built. */
export const AJV_OPTIONS = { allErrors: true, strict: false, allowUnionTypes: true, verbose: true } as const;

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
    case 'not':
      return typeof parentSchema.title === 'string' ? formatOf(parentSchema) : undefined;
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

/** The keys and indexes of a JSON pointer. */
export const pointerParts = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
