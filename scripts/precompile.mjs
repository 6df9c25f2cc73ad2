// Compiles the JSON Schemas of our own plugins ahead of time, so that the command never loads ajv for them.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { madeLate } from './late-schemas.mjs';
import { predicateOf } from './predicates.mjs';

const fromHere = createRequire(import.meta.url);
const PLUGINS = ['git', 'instant-rollback', 'partial-rollback', 'prometheus', 'release', 'shell', 'snapshots', 'terraform'];

/** Of ajv, for the schemas of plugins. */
export const OPTIONS = { strict: false, allowUnionTypes: true, code: { source: true } };

/**
 * The text of the module `precompiled.js`, by its path: validators by the `$id` of their schema, each in a module of its own, and
 * in one more what tells the mistakes.
 */
export async function precompiledSchemas(root) {
  const schemas = await collectSchemas(root);
  const ajv = new Ajv({ ...OPTIONS, allErrors: true, schemas, code: { ...OPTIONS.code, lines: true } });
  const texts = {};
  const table = schemas.map(({ $id }, index) => {
    const name = `precompiled-${index}`;
    texts[`packages/cli/dist/tsc/${name}-errors.js`] = resolved(madeLate(standalone.default(ajv, ajv.getSchema($id))));
    texts[`packages/cli/dist/tsc/${name}.js`] = resolved(withErrors(predicateOf(OPTIONS, schemas, $id), `require('./${name}-errors.js')`));
    return `case ${JSON.stringify($id)}: return require('./${name}.js');`;
  });
  return { ...texts, 'packages/cli/dist/tsc/precompiled.js': `exports.precompiled = (id) => { switch (id) { ${table.join(' ')} } };` };
}

const resolved = (text) =>
  text.replaceAll(/\brequire\("(ajv\/[^"]+)"\)/g, (_, path) => `require(${JSON.stringify(fromHere.resolve(path))})`);

/** A validator that takes the predicate at its word where the value is right, and asks the other for the mistakes where it is not. */
function withErrors(predicate, other) {
  const [exported, name] = /module\.exports = (validate\d+);module\.exports\.default = \1;/.exec(predicate);
  const validator = `(value) => {
    if (${name}(value)) return true;
    const validate = ${other};
    const isRight = validate(value);
    module.exports.errors = validate.errors;
    return isRight;
  }`;
  return `${predicate.replace(exported, '')}\nmodule.exports = ${validator};`;
}

/** The schemas of the kernel and of our own plugins. */
export async function collectSchemas(root) {
  const { builtinSchemas } = await import(pathToFileURL(join(root, 'packages/core/dist/schemas.js')).href);
  const plugins = await Promise.all(
    PLUGINS.map(async (name) => (await import(pathToFileURL(join(root, `plugins/${name}/dist/index.js`)).href)).default),
  );
  const schemas = await builtinSchemas(plugins);
  const missing = schemas.filter(({ $id }) => typeof $id !== 'string');
  if (missing.length > 0) throw new Error(`schemas of our own plugins have no $id: ${JSON.stringify(missing).slice(0, 200)}`);
  return schemas;
}
