import type { JsonObject, StepConfig } from '../types/index.js';
import type { Writable } from '../types/json.js';
import { checkReference, readDuration, readRetry } from './fields.js';
import { Positioned } from './lazy-position.js';
import { type Dict, isDict } from './paths.js';
import type { Scope } from './scope.js';
import { readAction } from './step-action.js';
import { checkOrder } from './step-order.js';

/** The steps of the merged config. */
export function normalizeSteps(scope: Scope, value: unknown, components: readonly string[]): readonly StepConfig[] {
  const items = Array.isArray(value) ? value : [];
  const steps = items.map((item, index) => normalizeStep(scope, isDict(item) ? item : {}, index, components));
  checkOrder(scope, steps);
  return steps;
}

// Without spreads and lists that most steps have no use for: there may be hundreds of steps, and the code is cold.
function normalizeStep(scope: Scope, value: Dict, index: number, components: readonly string[]): StepConfig {
  const path = ['steps', index];
  const { id, name, component, needs, when, retry, timeout, continue_on_error, critical } = value;
  const step: Partial<Writable<StepConfig>> = new Positioned(() => scope.position(path));
  step.id = String(id);
  if (typeof name === 'string') step.name = name;
  Object.assign(step, readAction(scope, path, value));
  if (typeof component === 'string') {
    checkReference(scope, [...path, 'component'], component, 'component', components);
    step.component = component;
  }
  if (Array.isArray(needs)) step.needs = needs.map(String);
  if (isDict(when)) step.when = when as JsonObject;
  if (isDict(retry)) step.retry = readRetry(scope, [...path, 'retry'], retry);
  const timeout_ms = timeout === undefined ? undefined : readDuration(scope, [...path, 'timeout'], timeout, undefined);
  if (timeout_ms !== undefined) step.timeout_ms = timeout_ms;
  step.continue_on_error = continue_on_error === true;
  if (typeof critical === 'boolean') step.critical = critical;
  return step as StepConfig;
}
