import { registerOwn } from './builtins/register.js';
import { createHooks } from './hooks.js';
import type { Plugin } from './plugins/define.js';
import { NO_OPTIONS } from './plugins/load.js';
import { createScope, Registry } from './plugins/registry.js';
import { CONTEXT_SCHEMA } from './run/read/decide.js';
import { MemoryStore } from './store/memory.js';
import type { Config, JsonSchema } from './types/index.js';

/** All schemas that plugins bring, and the kernel's own: what the build of the command compiles ahead of time. */
export async function builtinSchemas(plugins: readonly Plugin[]): Promise<JsonSchema[]> {
  const registry = new Registry();
  registerOwn(registry);
  const silent = { debug() {}, info() {}, warn() {} };
  const config = { project: 'schemas', sections: {} } as unknown as Config;
  for (const plugin of plugins)
    await plugin.apply(
      createScope(plugin.name, {
        hooks: createHooks(),
        registry,
        state: new MemoryStore(),
        config,
        log: () => silent,
        redact: (value) => value,
      }),
      {},
    );
  const schemas = [
    NO_OPTIONS,
    CONTEXT_SCHEMA,
    ...plugins.flatMap(({ options, sections = {} }) => [...(options ? [options] : []), ...Object.values(sections)]),
    ...registry.actions.values().flatMap(({ input }) => (input ? [input] : [])),
    ...registry.drivers.values().map(({ settings }) => settings),
    ...registry.routers.values().flatMap(({ settings }) => (settings ? [settings] : [])),
    ...registry.checks.values().map(({ input }) => input),
    ...registry.conditions.values().map(({ input }) => input),
  ];
  return [...new Set(schemas)];
}
