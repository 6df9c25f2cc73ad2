import type { JsonObject, StepConfig } from '../types/index.js';
import { checkReference, readDuration, readRetry } from './fields.js';
import { withPosition } from './lazy-position.js';
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

function normalizeStep(scope: Scope, value: Dict, index: number, components: readonly string[]): StepConfig {
  const path = ['steps', index];
  const { id, name, component, needs, when, retry, timeout, continue_on_error, critical } = value;
  const action = readAction(scope, path, value);
  if (typeof component === 'string') checkReference(scope, [...path, 'component'], component, 'component', components);
  const timeout_ms = readDuration(scope, [...path, 'timeout'], timeout, undefined);
  const step = {
    id: String(id),
    ...(typeof name === 'string' && { name }),
    ...action,
    ...(typeof component === 'string' && { component }),
    ...(Array.isArray(needs) && { needs: needs.map(String) }),
    ...(isDict(when) && { when: when as JsonObject }),
    ...(isDict(retry) && { retry: readRetry(scope, [...path, 'retry'], retry) }),
    ...(timeout_ms !== undefined && { timeout_ms }),
    continue_on_error: continue_on_error === true,
    ...(typeof critical === 'boolean' && { critical }),
  };
  return withPosition(step, () => scope.position(path));
}
