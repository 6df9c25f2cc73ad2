import type { Registry } from '../plugins/registry.js';
import { FileStore } from '../store/file.js';
import type { Condition, Executor, Json } from '../types/index.js';
import { deployAction } from './deploy.js';
import { httpCheck } from './http.js';
import { tcpCheck } from './tcp.js';

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
