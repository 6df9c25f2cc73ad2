import type { JsonSchema } from '@ship/core';

const text = { type: 'string', minLength: 1 };
const words = { type: 'array', items: { type: 'string' }, minItems: 1 };
const place = {
  cwd: { ...text, description: 'The working folder, relative to the folder of the config.' },
  env: { type: 'object', additionalProperties: { type: 'string' }, description: 'Variables laid over the environment.' },
  shell: { type: 'boolean', description: '`false`: commands are lists of words, and no shell reads them. Default true.' },
};

/** Texts where a shell reads them, lists where none does. */
function scripts(names: readonly string[]) {
  const all = (schema: object) => ({ properties: Object.fromEntries(names.map((name) => [name, schema])) });
  const shellless = { properties: { shell: { const: false } }, required: ['shell'] };
  return {
    allOf: [
      { if: shellless, else: all(text) },
      { if: { not: shellless }, else: all(words) },
    ],
  };
}

const script = (description: string) => ({ type: ['string', 'array'], description });

/** The input of `uses: shell/run`. */
export const runInput: JsonSchema = {
  $id: 'ship:shell/run',
  type: 'object',
  additionalProperties: false,
  required: ['run'],
  properties: {
    run: script('The command of the step.'),
    undo: script('Puts back what `run` changed. Gets what `capture` printed as $SHIP_CAPTURE. May be run more than once.'),
    capture: script('Prints what `undo` needs. Runs before `run`; only reads.'),
    probe: script('After a crash: exit 0 means done, 3 untouched, anything else partial: then the undo runs.'),
    irreversible: { ...text, description: 'Why the step cannot be undone.' },
    ...place,
  },
  ...scripts(['run', 'undo', 'capture', 'probe']),
};

const single = {
  type: 'object',
  additionalProperties: false,
  required: ['run'],
  properties: { run: script('Exit 0 means yes.'), ...place },
  ...scripts(['run']),
};

/** The input of `{ run: … }` in a suite. */
export const checkInput: JsonSchema = { $id: 'ship:shell/check', ...single };

/** The argument of `when: { run: … }`. */
export const conditionInput: JsonSchema = { $id: 'ship:shell/condition', anyOf: [text, single] };
