// Makes the command of what `tsc` has compiled: the validators of our own schemas, the bundle, and the programs that outlive it.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { build } from 'esbuild';
import { BUILTINS } from '../packages/cli/dist/tsc/builtins.js';
import { registerOwn } from '../packages/core/dist/builtins/register.js';
import { AJV_OPTIONS } from '../packages/core/dist/config/schema-messages.js';
import { createHooks } from '../packages/core/dist/hooks.js';
import { NO_OPTIONS } from '../packages/core/dist/plugins/load.js';
import { createScope, Registry } from '../packages/core/dist/plugins/registry.js';
import { CONTEXT_SCHEMA } from '../packages/core/dist/run/read/decide.js';
import { MemoryStore } from '../packages/core/dist/store/memory.js';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const command = at('packages/cli/dist/ship.cjs');
const shared = { bundle: true, platform: 'node', target: 'node20.19', logLevel: 'warning', legalComments: 'none' };

await build({
  ...shared,
  stdin: { contents: await validators(), resolveDir: at('packages/core') },
  outfile: at('packages/core/dist/config/precompiled.js'),
  allowOverwrite: true,
  format: 'esm',
});

await build({
  ...shared,
  entryPoints: [at('packages/cli/dist/tsc/main.js')],
  outfile: command,
  format: 'cjs',
  external: ['typescript'],
  // Names in stack traces stay as they are written; white space and comments only cost reading time.
  minifyWhitespace: true,
  sourcemap: true,
  sourcesContent: false,
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: "const Import = require('../bin/import.cjs'), importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
});
// As long as what it stands for, so that the source map stays right.
writeFileSync(command, readFileSync(command, 'utf8').replaceAll(/\bimport\(/g, 'Import('));

for (const program of ['supervisor', 'front']) {
  const outfile = at(`packages/cli/dist/${program}.js`);
  await build({ ...shared, entryPoints: [at(`plugins/release/dist/${program}.js`)], outfile, format: 'esm' });
}

copyFileSync(at('packages/cli/dist/tsc/own-packages.mjs'), at('packages/cli/dist/own-packages.mjs'));
copyFileSync(at('docs/errors.md'), at('packages/cli/dist/errors.md'));

/** A module with what `packages/core/src/config/precompiled.ts` declares. */
async function validators() {
  const config = JSON.parse(readFileSync(at('schemas/config.schema.json'), 'utf8'));
  const plugins = await Promise.all(Object.values(BUILTINS).map(async (load) => (await load()).default));
  const schemas = [config, ...(await builtinSchemas(plugins))];
  const ids = schemas.map(({ $id }) => $id);
  if (ids.some(($id) => $id === undefined)) throw new Error('each schema of our own needs an $id');
  const ajv = new Ajv({ ...AJV_OPTIONS, schemas, code: { source: true } });
  const code = standalone.default(ajv, Object.fromEntries(ids.map(($id) => [$id, $id])));
  return `const exports = {}; ${code}\nexport const precompiled = new Map(Object.entries(exports));`;
}

/** All schemas that plugins bring, and the kernel's own. */
async function builtinSchemas(plugins) {
  const registry = new Registry();
  registerOwn(registry);
  const log = () => ({ debug() {}, info() {}, warn() {} });
  const config = { project: 'schemas', sections: {} };
  const parts = { hooks: createHooks(), registry, state: new MemoryStore(), config, log, redact: (value) => value };
  for (const plugin of plugins) await plugin.apply(createScope(plugin.name, parts), {});
  const { actions, drivers, routers, checks, conditions } = registry;
  const schemas = [
    NO_OPTIONS,
    CONTEXT_SCHEMA,
    ...plugins.flatMap(({ options, sections = {} }) => [options, ...Object.values(sections)]),
    ...[actions, drivers, routers, checks, conditions].flatMap((table) => table.values().map(({ input, settings }) => input ?? settings)),
  ];
  return [...new Set(schemas)].filter((schema) => schema !== undefined);
}
