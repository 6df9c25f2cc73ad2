// What checks our own schemas, compiled when the command is built: to compile it at a start takes longer than all the rest.
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { BUILTINS } from '../packages/cli/dist/tsc/plugin-modules.js';
import { CONTEXT_SCHEMA } from '../packages/cli/dist/tsc/verbs/decide.js';
import { NO_OPTIONS } from '../packages/config/dist/plugins.js';
import { AJV_OPTIONS } from '../packages/config/dist/schema-messages.js';
import { registerOwn } from '../packages/core/dist/builtins/register.js';
import { createHooks } from '../packages/core/dist/hooks.js';
import { createScope, Registry } from '../packages/core/dist/plugins/registry.js';
import { MemoryStore } from '../packages/core/dist/store/memory.js';

/** A module with what `packages/config/src/precompiled.ts` declares. */
export async function validators() {
  const config = JSON.parse(readFileSync(new URL('../packages/config/schemas/config.base.json', import.meta.url), 'utf8'));
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
