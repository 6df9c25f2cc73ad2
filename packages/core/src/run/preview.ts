import type { Kernel } from '../kernel.js';
import type { Plan, PreviewedStep, Step, StepContext } from '../types/index.js';
import { idleContext } from './idle-context.js';

/** `--dry-run`: each step, what it touches, and how it would be undone. Reads only. */
export async function preview(kernel: Kernel, plan: Plan): Promise<PreviewedStep[]> {
  const previewed: PreviewedStep[] = [];
  for (const step of plan.steps) previewed.push(await previewStep(kernel, step));
  return previewed;
}

async function previewStep(kernel: Kernel, step: Step): Promise<PreviewedStep> {
  const action = kernel.registry.actions.get(step.uses)!;
  const changes = (await action.preview?.(previewContext(kernel, step), step.input)) ?? [{ kind: 'run' as const, what: step.uses }];
  return kernel.redactor.redactDeep({
    id: step.id,
    uses: step.uses,
    ...(step.component ? { component: step.component.name } : {}),
    needs: step.needs,
    changes,
    undo: step.irreversible
      ? `cannot be undone: ${step.irreversible}`
      : (action.describeUndo?.(step.input, changes) ??
        (action.restore ? 'restores what was captured' : 'stays: the action has no restore')),
    ...(step.irreversible === undefined ? {} : { irreversible: step.irreversible }),
  });
}

/** A preview records nothing and starts nothing. */
function previewContext(kernel: Kernel, step: Step): StepContext {
  return {
    ...idleContext(kernel, 'preview', AbortSignal.timeout(step.timeout_ms)),
    step: { id: step.id, uses: step.uses, attempt: 1 },
    ...(step.component ? { component: step.component } : {}),
  };
}
