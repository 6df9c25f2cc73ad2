import type { Kernel } from '../kernel.js';
import type { ComponentConfig, ComponentState, Context } from '../types/index.js';

/** What is live of each component; those that were never deployed are absent. */
export async function describeComponents(
  { registry }: Kernel,
  components: readonly ComponentConfig[],
  ctx: Context,
): Promise<Record<string, ComponentState>> {
  const states: Record<string, ComponentState> = {};
  for (const component of components) {
    const state = await registry.drivers.get(component.driver)?.describe(ctx, component);
    if (state) states[component.name] = state;
  }
  return states;
}
