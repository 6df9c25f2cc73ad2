import type { Registry } from '../plugins/registry.js';
import { FileStore } from '../store/file.js';
import type {
  Action,
  ComponentConfig,
  ComponentState,
  Condition,
  Driver,
  Executor,
  Json,
  JsonObject,
  StepContext,
} from '../types/index.js';
import { httpCheck, tcpCheck } from './checks.js';

/** What the kernel brings itself. */
export function registerOwn(registry: Registry, local?: Executor): void {
  if (local) registry.executors.add('local', local, 'ship');
  registry.actions.add('deploy', deployAction(registry), 'ship');
  registry.stores.add('file', ({ stateDir }) => new FileStore(stateDir), 'ship');
  registry.checks.add('http', httpCheck, 'ship');
  registry.checks.add('tcp', tcpCheck, 'ship');
  registry.conditions.add('environment', environmentCondition, 'ship');
  registry.conditions.add('variable', variableCondition, 'ship');
}

const texts = (value: Json): string[] => [value].flat().map(String);

/** `when: { environment: production }` or a list of names. */
export const environmentCondition: Condition = {
  input: { $id: 'ship:condition/environment', anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }] },
  holds: (ctx, argument) => texts(argument).includes(ctx.environment),
};

/** `when: { variable: { NAME: value } }`: environment variables with these values; `true`: set to anything, `false`: not set or empty. */
export const variableCondition: Condition = {
  input: {
    $id: 'ship:condition/variable',
    type: 'object',
    minProperties: 1,
    additionalProperties: { anyOf: [{ type: 'string' }, { type: 'boolean' }] },
  },
  holds: (_ctx, argument) =>
    Object.entries(argument as Record<string, string | boolean>).every(([name, wanted]) => {
      const value = process.env[name] ?? '';
      return typeof wanted === 'boolean' ? (value !== '') === wanted : value === wanted;
    }),
};

type Before = ComponentState | null;

/** `uses: deploy`: any component, by its driver. What is live is captured; a restore makes it live again. */
function deployAction(registry: Registry): Action<JsonObject, Json, Json> {
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
