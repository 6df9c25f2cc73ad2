// Most values that are checked are right. So what a start loads and runs tells only whether one is; what tells the mistakes, most
// of the code that ajv makes, is loaded when there are some.
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { madeLate } from './late-schemas.mjs';

/** What ajv writes to keep and to give back its errors, where it stops at the first one. */
const ERRORS = [
  /^validate\d+\.errors = (?:vErrors|\[\{[^;]*\}\]);\n/gm,
  /^const err\d+ = \{[^;]*\};\n/gm,
  /^let vErrors = null;\n/gm,
  /^if\(vErrors === null\)\{\nvErrors = \[err\d+\];\n\}\nelse \{\nvErrors\.push\(err\d+\);\n\}\n/gm,
  /^if\(vErrors !== null\)\{\nif\((\w+)\)\{\nvErrors\.length = \1;\n\}\nelse \{\nvErrors = null;\n\}\n\}\n/gm,
  /^vErrors = vErrors === null \? (validate\d+)\.errors : vErrors\.concat\(\1\.errors\);\n/gm,
];

/** Code for a function that tells whether a value fits the schema with that `$id`, as ajv exports it; `options` are those of ajv. */
export function predicateOf(options, schemas, id) {
  const ajv = new Ajv({ ...options, schemas, allErrors: false, messages: false, verbose: false, code: { ...options.code, lines: true } });
  const code = ERRORS.reduce((text, what) => text.replace(what, ''), standalone.default(ajv, ajv.getSchema(id)))
    .replaceAll(/^errors = vErrors\.length;$/gm, 'errors++;')
    // What a validator is told of the place of its value is for errors, too.
    .replaceAll(/\{instancePath:.*?,rootData(?:,dynamicAnchors)?\}/g, '')
    .replaceAll(/^(function validate\d+\(data), \{instancePath="".*\}=\{\}\)\{/gm, '$1){');
  const left = /^.*(?:vErrors|instancePath|rootData|\.errors\b).*$/m.exec(code);
  if (left !== null) throw new Error(`ajv writes what is not known here, for ${id}: ${left[0]}`);
  return madeLate(code);
}
