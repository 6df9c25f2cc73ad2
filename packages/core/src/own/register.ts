import type { Registry } from '../plugins/registry.js';
import { FileStore } from '../store/file.js';
import { environmentCondition, variableCondition } from './conditions.js';
import { deployAction } from './deploy.js';
import { httpCheck } from './http.js';
import { metricCheck } from './prometheus.js';
import { tcpCheck } from './tcp.js';

/** What the kernel brings itself. */
export function registerOwn(registry: Registry): void {
  registry.actions.add('deploy', deployAction(registry), 'ship');
  registry.stores.add('file', ({ stateDir }) => new FileStore(stateDir), 'ship');
  registry.checks.add('http', httpCheck, 'ship');
  registry.checks.add('tcp', tcpCheck, 'ship');
  registry.checks.add('error_rate', metricCheck('error_rate', 'error_rate_spike'), 'ship');
  registry.checks.add('latency', metricCheck('latency', 'latency_degradation'), 'ship');
  registry.conditions.add('environment', environmentCondition, 'ship');
  registry.conditions.add('variable', variableCondition, 'ship');
}
