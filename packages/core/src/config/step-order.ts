import { errors } from '../errors/catalogue.js';
import type { StepConfig } from '../types/index.js';
import { findCycles } from './cycles.js';
import { checkReference, checkSameNames } from './fields.js';
import type { Scope } from './scope.js';

/** Checks that ids differ, that `needs` names steps, and that no steps wait for each other. */
export function checkOrder(scope: Scope, steps: readonly StepConfig[]): void {
  const ids = steps.map(({ id }) => id);
  if (new Set(ids.map((id) => id.toLowerCase())).size < ids.length) checkIds(scope, ids);
  // Each waits for the one above it then: there is no name that could be wrong, and no cycle.
  if (steps.every(({ needs }) => needs === undefined)) return;
  steps.forEach(({ needs }, index) => {
    needs?.forEach((id, at) => void checkReference(scope, ['steps', index, 'needs', at], id, 'step', ids));
  });
  // Of two steps with one id, nobody can say which one is waited for.
  if (new Set(ids).size === ids.length) checkCycles(scope, steps);
}

function checkIds(scope: Scope, ids: readonly string[]): void {
  const named = ids.map((name, index) => ({ name, path: ['steps', index, 'id'] }));
  checkSameNames(
    scope,
    named.filter(({ path }) => !scope.isBroken(path)),
    'value',
  );
}

function checkCycles(scope: Scope, steps: readonly StepConfig[]): void {
  const graph = new Map<string, readonly string[]>();
  // A step without `needs` waits for the one above it, which may close a cycle, too.
  steps.forEach(({ id, needs }, index) => void graph.set(id, needs ?? (index === 0 ? [] : [steps[index - 1]!.id])));
  for (const cycle of findCycles(graph)) {
    const members = steps.flatMap((step, index) => (cycle.includes(step.id) ? [{ step, index }] : []));
    const stated = members.find(({ step }) => step.needs !== undefined) ?? members[0]!;
    const implicit = members.some(({ step }) => step.needs === undefined);
    const path = ['steps', stated.index, ...(stated.step.needs ? ['needs'] : [])];
    scope.add(path, (place) => errors.SHIP_CONFIG_CYCLE({ path: place.path, cycle, implicit }, place.extras));
  }
}
