import type { PlannedStep } from '../journal/entries.js';
import type { Redactor } from '../redact.js';
import { sha256 } from '../sha256.js';
import type { Step } from '../types/index.js';

/** A step as the journal names it. Its hash holds no secret: what is hashed has names in their place. */
export function plannedStep(step: Step, redactor: Redactor): PlannedStep {
  const { id, uses, input, needs, when, component, retry, timeout_ms, continue_on_error } = step;
  const definition = redactor.referToJson({ uses, input, needs, when, component, retry, timeout_ms, continue_on_error });
  const hash = sha256(definition).slice(0, 16);
  return { id, uses, needs, ...(component ? { component: component.name } : {}), hash };
}

/** What is different in a plan, in words; empty where it is the same. */
export function changesOf(before: readonly PlannedStep[], now: readonly PlannedStep[]): string[] {
  const old = new Map(before.map((step) => [step.id, step]));
  const ids = new Set(now.map(({ id }) => id));
  const gone = before.filter(({ id }) => !ids.has(id)).map(({ id }) => `step ${id} is gone`);
  const changed = now.flatMap((step) => {
    const was = old.get(step.id);
    if (was === undefined) return [`step ${step.id} is new`];
    if (was.uses !== step.uses) return [`step ${step.id} uses ${step.uses}, and used ${was.uses}`];
    if (was.needs.join() !== step.needs.join()) return [`step ${step.id} needs ${list(step.needs)}, and needed ${list(was.needs)}`];
    return was.hash === step.hash ? [] : [`step ${step.id} is written differently`];
  });
  return [...gone, ...changed];
}

const list = (ids: readonly string[]): string => (ids.length === 0 ? 'nothing' : ids.join(', '));
