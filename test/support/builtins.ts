import type { Plugin } from '@ship/core';
import { BUILTINS } from '../../packages/cli/src/plugin-modules.js';
import { registerOwn } from '../../packages/core/src/builtins/register.js';
import { createHooks } from '../../packages/core/src/hooks.js';
import { createScope, Registry } from '../../packages/core/src/plugins/registry.js';
import { MemoryStore } from '../../packages/core/src/store/memory.js';

/** What the kernel and each plugin that comes with the command register. */
export async function registeredByAll(): Promise<{ readonly registry: Registry; readonly plugins: readonly Plugin[] }> {
  const registry = new Registry();
  registerOwn(registry);
  const log = () => ({ debug() {}, info() {}, warn() {} });
  const parts = {
    hooks: createHooks(),
    registry,
    state: new MemoryStore(),
    config: { project: 'x', sections: {} },
    log,
    redact: (value: unknown) => value,
  };
  const plugins = (await Promise.all(Object.values(BUILTINS).map(async (load) => (await load()).default))) as unknown as Plugin[];
  for (const plugin of plugins) await plugin.apply(createScope(plugin.name, parts as never), {} as never);
  return { registry, plugins };
}
