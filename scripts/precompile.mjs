// Compiles the JSON Schemas of our own plugins ahead of time, so that the command never loads ajv for them.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { madeLate } from './late-schemas.mjs';

const fromHere = createRequire(import.meta.url);
const PLUGINS = ['git', 'instant-rollback', 'partial-rollback', 'prometheus', 'release', 'shell', 'snapshots', 'terraform'];

/** The text of the module `precompiled.js`, by its path: validators by the `$id` of their schema, each in a module of its own. */
export async function precompiledSchemas(root) {
  const schemas = await collectSchemas(root);
  const ajv = new Ajv({ allErrors: true, strict: false, allowUnionTypes: true, schemas, code: { source: true, lines: true } });
  const texts = {};
  const table = schemas.map(({ $id }, index) => {
    texts[`packages/cli/dist/tsc/precompiled-${index}.js`] = madeLate(standalone.default(ajv, ajv.getSchema($id))).replaceAll(
      /\brequire\("(ajv\/[^"]+)"\)/g,
      (_, path) => `require(${JSON.stringify(fromHere.resolve(path))})`,
    );
    return `get ${JSON.stringify($id)}() { return require('./precompiled-${index}.js'); }`;
  });
  return { ...texts, 'packages/cli/dist/tsc/precompiled.js': `exports.PRECOMPILED = { ${table.join(', ')} };` };
}

async function collectSchemas(root) {
  const { builtinSchemas } = await import(pathToFileURL(join(root, 'packages/core/dist/schemas.js')).href);
  const plugins = await Promise.all(
    PLUGINS.map(async (name) => (await import(pathToFileURL(join(root, `plugins/${name}/dist/index.js`)).href)).default),
  );
  const schemas = await builtinSchemas(plugins);
  const missing = schemas.filter(({ $id }) => typeof $id !== 'string');
  if (missing.length > 0) throw new Error(`schemas of our own plugins have no $id: ${JSON.stringify(missing).slice(0, 200)}`);
  return schemas;
}
