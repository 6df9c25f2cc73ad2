import type { Registry } from '../plugins/registry.js';
import { FileStore } from '../store/file.js';
import type { AnyAction, ComponentState, Condition, Driver, Executor, Json, Objects, StepContext } from '../types/index.js';

/** What the kernel brings itself. */
export function registerOwn(registry: Registry, objects: Objects, local?: Executor): void {
  if (local) registry.executors.add('local', local, 'ship');
  registry.actions.add('deploy', deployAction(registry, objects), 'ship');
  registry.stores.add('file', ({ stateDir, project }) => new FileStore(stateDir, { project }), 'ship');
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
function deployAction({ drivers }: Registry, objects: Objects): AnyAction {
  const of = ({ component }: StepContext) => ({ component: component!, driver: drivers.get(component!.driver) as Driver });
  /** What the run may go back to stays, and so does what no snapshot has yet. */
  const hold = async ({ environment, step }: StepContext, ...states: readonly (ComponentState | null | undefined)[]) => {
    const keys = states.flatMap((state) => state?.objects ?? []);
    if (keys.length > 0) await objects.hold(`deploy-${environment}-${step.id}`, [...new Set(keys)]);
  };
  return {
    input: { $id: 'ship:deploy', type: 'object', properties: {}, additionalProperties: false },
    async preview(ctx) {
      const { driver, component } = of(ctx);
      return (await driver.preview?.(ctx, component)) ?? [{ kind: 'update', what: `${component.name} ${component.version}` }];
    },
    async capture(ctx) {
      const { driver, component } = of(ctx);
      const state = await driver.describe(ctx, component);
      await hold(ctx, state);
      return state ?? null;
    },
    async run(ctx, _input, before: Before) {
      const { driver, component } = of(ctx);
      const after = await driver.deploy(ctx, component, before ?? undefined);
      await hold(ctx, before, after);
      return after;
    },
    async probe(ctx, _input, before: Before) {
      const { driver, component } = of(ctx);
      return (await driver.probe?.(ctx, component, before ?? undefined)) ?? 'partial';
    },
    async restore(ctx, before: Before) {
      const { driver, component } = of(ctx);
      return driver.restore(ctx, component, before ?? undefined);
    },
    async admit(ctx, before: Before) {
      const { driver, component } = of(ctx);
      return before === null ? [] : ((await driver.admit?.(ctx, component, before)) ?? []);
    },
    describeUndo: () => 'makes the previous version live again; a first deploy is removed',
  };
}
