import { errors } from '../../errors/catalogue.js';
import { formatPosition, isShipError, messageOf } from '../../errors/ship-error.js';
import type { PlanReview } from '../../hooks.js';
import type { Kernel } from '../../kernel.js';
import { buildPlan } from '../../plan.js';
import type { Change, Finding, Plan, PreviewedStep, Step } from '../../types/index.js';
import { idleContext, idleStepContext } from '../contexts.js';

/** The plan of the kernel's config, with what plugins find in it. A plugin that throws vetoes the plan. `rollback`: for its components alone. */
export async function makePlan(kernel: Kernel, purpose: PlanReview['purpose'] = 'deploy'): Promise<Plan> {
  // To go back nobody needs the version that would be deployed, but where its component lives and how it is reached.
  kernel.diagnostics.demand(purpose !== 'rollback' ? undefined : (path) => path.includes('components') && path.at(-1) !== 'version');
  const plan = await buildPlan(kernel);
  if (!kernel.hooks.plan.isUsed()) return plan;
  const findings: Finding[] = [...plan.findings];
  const finding = (found: Finding) => findings.push(kernel.redactor.redactDeep(found));
  const context = idleContext(kernel, 'plan', undefined, purpose === 'preview');
  await kernel.hooks.plan.promise({ plan, purpose, finding, positionOf: kernel.positionOf }, context);
  const blocks = findings.filter(({ level }) => level === 'block');
  if (blocks.length > 0) throw errors.SHIP_PLAN_REFUSED({ blocks: blocks.map(placed) });
  return Object.freeze({ ...plan, findings });
}

const placed = ({ message, position }: Finding): string => (position === undefined ? message : `${formatPosition(position)}: ${message}`);

/**
 * `--dry-run`: each step, what it touches, and how it would be undone. Reads only. A step that cannot be previewed is
 * handed to `failed`, and keeps no other from its turn.
 */
export async function preview(
  kernel: Kernel,
  plan: Plan,
  failed: (error: unknown) => void = (error) => {
    throw error;
  },
): Promise<PreviewedStep[]> {
  const previewed: PreviewedStep[] = [];
  for (const step of plan.steps) previewed.push(await previewStep(kernel, step, failed));
  return previewed;
}

async function previewStep(kernel: Kernel, step: Step, failed: (error: unknown) => void): Promise<PreviewedStep> {
  const { changes, undo } = await previewed(kernel, step).catch((error: unknown) => {
    failed(error);
    return { changes: [unknownChange(step)], undo: 'nobody knows: it could not be previewed' };
  });
  return kernel.redactor.redactDeep({
    id: step.id,
    uses: step.uses,
    ...(step.component ? { component: step.component.name } : {}),
    needs: step.needs,
    changes,
    undo: step.irreversible ? `cannot be undone: ${step.irreversible}` : undo,
    ...(step.irreversible === undefined ? {} : { irreversible: step.irreversible }),
  });
}

const unknownChange = ({ uses }: Step): Change => ({ kind: 'run', what: uses });

/** What the action says of itself, once it is what was asked for. */
async function previewed(kernel: Kernel, step: Step): Promise<Pick<PreviewedStep, 'changes' | 'undo'>> {
  const { actions, drivers } = kernel.registry;
  // `uses: deploy` asks the driver of its component.
  const plugin = (step.uses === 'deploy' && drivers.ownerOf(step.component!.driver)) || actions.ownerOf(step.uses)!;
  const action = actions.get(step.uses)!;
  const wrong = (problem: string, cause?: unknown) =>
    errors.SHIP_PREVIEW_CONTRACT({ plugin, step: step.id, action: step.uses, problem }, { cause });
  try {
    const context = idleStepContext(kernel, 'preview', step, AbortSignal.timeout(step.timeout_ms));
    const changes = (await action.preview?.(context, step.input)) ?? [unknownChange(step)];
    if (!Array.isArray(changes) || !changes.every(isChange)) throw wrong(`answered ${shown(changes)}, which is no list of changes`);
    const undo =
      action.describeUndo?.(step.input, changes) ?? (action.restore ? 'restores what was captured' : 'stays: the action has no restore');
    if (typeof undo !== 'string') throw wrong(`is undone by ${shown(undo)}, which is no text`);
    return { changes, undo };
  } catch (error) {
    throw isShipError(error) ? error : wrong(`failed: ${messageOf(error)}`, error);
  }
}

const KINDS: ReadonlySet<unknown> = new Set<Change['kind']>(['create', 'update', 'replace', 'delete', 'run']);

function isChange(value: unknown): value is Change {
  const { kind, what, undo = '' } = (value ?? {}) as Record<string, unknown>;
  return KINDS.has(kind) && typeof what === 'string' && typeof undo === 'string';
}

function shown(value: unknown): string {
  try {
    const text = JSON.stringify(value) ?? String(value);
    return text.length > 80 ? `${text.slice(0, 79)}…` : text;
  } catch {
    return String(value);
  }
}
