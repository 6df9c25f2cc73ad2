import { errors } from '../../errors/catalogue.js';
import { formatPosition } from '../../errors/ship-error.js';
import type { PlanReview } from '../../hooks.js';
import type { Kernel } from '../../kernel.js';
import { buildPlan } from '../../plan.js';
import type { Finding, Plan, PreviewedStep, Step } from '../../types/index.js';
import { idleContext, idleStepContext } from '../contexts.js';

/** The plan of the kernel's config, with what plugins find in it. A plugin that throws vetoes the plan. `rollback`: for its components alone. */
export async function makePlan(kernel: Kernel, purpose: PlanReview['purpose'] = 'deploy'): Promise<Plan> {
  // To go back nobody needs the version that would be deployed, but where its component lives and how it is reached.
  kernel.diagnostics.demand(purpose === 'deploy' ? undefined : (path) => path.includes('components') && path.at(-1) !== 'version');
  const plan = await buildPlan(kernel);
  if (!kernel.hooks.plan.isUsed()) return plan;
  const findings: Finding[] = [...plan.findings];
  const finding = (found: Finding) => findings.push(kernel.redactor.redactDeep(found));
  await kernel.hooks.plan.promise({ plan, purpose, finding, positionOf: kernel.positionOf }, idleContext(kernel, 'plan'));
  const blocks = findings.filter(({ level }) => level === 'block');
  if (blocks.length > 0) throw errors.SHIP_PLAN_REFUSED({ blocks: blocks.map(placed) });
  return Object.freeze({ ...plan, findings });
}

const placed = ({ message, position }: Finding): string => (position === undefined ? message : `${formatPosition(position)}: ${message}`);

/** `--dry-run`: each step, what it touches, and how it would be undone. Reads only. */
export async function preview(kernel: Kernel, plan: Plan): Promise<PreviewedStep[]> {
  const previewed: PreviewedStep[] = [];
  for (const step of plan.steps) previewed.push(await previewStep(kernel, step));
  return previewed;
}

async function previewStep(kernel: Kernel, step: Step): Promise<PreviewedStep> {
  const action = kernel.registry.actions.get(step.uses)!;
  const changes = (await action.preview?.(idleStepContext(kernel, 'preview', step, AbortSignal.timeout(step.timeout_ms)), step.input)) ?? [
    { kind: 'run' as const, what: step.uses },
  ];
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
