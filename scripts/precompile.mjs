// Compiles the JSON Schemas of our own plugins ahead of time, so that the command never loads ajv for them.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';

const PLUGINS = ['git', 'instant-rollback', 'partial-rollback', 'prometheus', 'release', 'shell', 'snapshots', 'terraform'];

/** An esbuild plugin that fills the module `precompiled.js` with validators, by the `$id` of their schema. */
export async function precompiledSchemas(root) {
  const schemas = await collectSchemas(root);
  const ajv = new Ajv({ allErrors: true, strict: false, allowUnionTypes: true, schemas, code: { source: true, esm: true, lines: false } });
  const names = Object.fromEntries(schemas.map(({ $id }, index) => [`shipSchema${index}`, $id]));
  const code = standalone.default(ajv, names);
  const table = Object.entries(names).map(([name, id]) => `${JSON.stringify(id)}: ${name}`);
  const contents = `${code}\nexport const PRECOMPILED = { ${table.join(', ')} };`;
  return {
    name: 'precompiled-schemas',
    setup(build) {
      build.onLoad({ filter: /cli\/dist\/tsc\/precompiled\.js$/ }, () => ({
        contents,
        resolveDir: join(root, 'packages/core'),
        loader: 'js',
      }));
    },
  };
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
