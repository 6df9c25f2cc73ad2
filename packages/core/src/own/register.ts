import type { Registry } from '../plugins/registry.js';
import { FileStore } from '../store/file.js';
import { environmentCondition, variableCondition } from './conditions.js';
import { deployAction } from './deploy.js';
import { httpCheck } from './http.js';
import { tcpCheck } from './tcp.js';

/** What the kernel brings itself. */
export function registerOwn(registry: Registry): void {
  registry.actions.add('deploy', deployAction(registry), 'ship');
  registry.stores.add('file', ({ stateDir }) => new FileStore(stateDir), 'ship');
  registry.checks.add('http', httpCheck, 'ship');
  registry.checks.add('tcp', tcpCheck, 'ship');
  registry.conditions.add('environment', environmentCondition, 'ship');
  registry.conditions.add('variable', variableCondition, 'ship');
}
