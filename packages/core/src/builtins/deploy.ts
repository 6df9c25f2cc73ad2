import type { Registry } from '../plugins/registry.js';
import type { Action, ComponentConfig, ComponentState, Driver, Json, JsonObject, StepContext } from '../types/index.js';

type Before = ComponentState | null;

/** `uses: deploy`: any component, by its driver. What is live is captured; a restore makes it live again. */
export function deployAction(registry: Registry): Action<JsonObject, Json, Json> {
  const of = (ctx: StepContext): { driver: Driver; component: ComponentConfig } => {
    const component = ctx.component!;
    return { component, driver: registry.drivers.get(component.driver)! };
  };
  return {
    input: { $id: 'ship:deploy', type: 'object', properties: {}, additionalProperties: false },
    async preview(ctx) {
      const { driver, component } = of(ctx);
      return (await driver.preview?.(ctx, component)) ?? [{ kind: 'update', what: `${component.name} ${component.version}` }];
    },
    async capture(ctx) {
      const { driver, component } = of(ctx);
      return ((await driver.describe(ctx, component)) ?? null) as Json;
    },
    async run(ctx, _input, before) {
      const { driver, component } = of(ctx);
      return (await driver.deploy(ctx, component, (before as unknown as Before) ?? undefined)) as unknown as Json;
    },
    async probe(ctx, _input, before) {
      const { driver, component } = of(ctx);
      return (await driver.probe?.(ctx, component, (before as unknown as Before) ?? undefined)) ?? 'partial';
    },
    async restore(ctx, before) {
      const { driver, component } = of(ctx);
      return driver.restore(ctx, component, (before as unknown as Before) ?? undefined);
    },
    async admit(ctx, before) {
      const { driver, component } = of(ctx);
      return before === null ? [] : ((await driver.admit?.(ctx, component, before as unknown as ComponentState)) ?? []);
    },
    describeUndo: () => 'makes the previous version live again; a first deploy is removed',
  };
}
