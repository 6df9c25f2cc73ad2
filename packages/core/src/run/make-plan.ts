import { errors } from '../errors/catalogue.js';
import { formatPosition } from '../errors/report.js';
import type { PlanReview } from '../hooks.js';
import type { Kernel } from '../kernel.js';
import { buildPlan } from '../plan.js';
import type { Finding, Plan } from '../types/index.js';
import { idleContext } from './idle-context.js';

/** The plan of the kernel's config, with what plugins find in it. A plugin that throws vetoes the plan. `rollback`: for its components alone. */
export async function makePlan(kernel: Kernel, purpose: PlanReview['purpose'] = 'deploy'): Promise<Plan> {
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
