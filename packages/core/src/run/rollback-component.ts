import { suggest } from '../config/suggest.js';
import { errors } from '../errors/catalogue.js';
import type { Kernel } from '../kernel.js';
import type { ComponentConfig, ComponentState, Report, Snapshot } from '../types/index.js';
import { confirm } from './consent.js';
import { idleContext } from './idle-context.js';
import { makePlan } from './make-plan.js';
import { type RunOptions, withSession } from './open-session.js';
import { isSame } from './proof.js';
import { demandRollbacks, demandSnapshots, goToSnapshot } from './rollback-to.js';

/** How long a driver may take to say what is live. */
const DESCRIBE_TIMEOUT_MS = 60_000;

/**
 * `--rollback-component`: takes one component back, to a snapshot that is named or to the last verified one in which it
 * is another than now. Everything else stays.
 */
export async function rollbackComponent(kernel: Kernel, name: string, to: string | undefined, options: RunOptions): Promise<Report> {
  demandRollbacks(kernel);
  const { components, environment, rollback, approval } = kernel.config;
  if (!rollback.partial_enabled) throw errors.SHIP_ROLLBACK_OFF({ by: 'optimization.rollback.partial_enabled' });
  const component = Object.hasOwn(components, name) ? components[name] : undefined;
  const known = Object.keys(components);
  if (component === undefined) throw errors.SHIP_COMPONENT_UNKNOWN({ name, known, suggestion: suggest(name, known) });
  const plan = await makePlan(kernel, 'rollback');
  const snapshot = to === undefined ? await lastOther(kernel, component) : await demandSnapshots(kernel).find(environment, to);
  const state = snapshot.components[name];
  if (state === undefined) throw errors.SHIP_COMPONENT_NOT_HELD({ name, id: snapshot.id, held: Object.keys(snapshot.components) });
  if (approval === 'required') await confirm(kernel, `Roll ${name} in ${environment} back to ${state.version} (${snapshot.id})?`);
  return withSession(kernel, plan, options, (session) => goToSnapshot(session, snapshot, 'rollback', name));
}

/** The last verified snapshot that has the component otherwise than it is live: what is live needs no way back. */
async function lastOther(kernel: Kernel, component: ComponentConfig): Promise<Snapshot> {
  const { name } = component;
  const driver = kernel.registry.drivers.get(component.driver)!;
  const context = idleContext(kernel, `rollback of ${name}`, AbortSignal.timeout(DESCRIBE_TIMEOUT_MS));
  const live: ComponentState | undefined = await driver.describe(context, component);
  // A snapshot has references where a driver has secrets: compared is what both would be kept as.
  const kept = kernel.redactor.refer(live);
  const isOther = ({ components }: Snapshot) => components[name] !== undefined && !isSame(components[name], kept);
  const found = await demandSnapshots(kernel).latest(kernel.config.environment, isOther);
  if (found === null) throw errors.SHIP_COMPONENT_NO_TARGET({ name, live: live?.version });
  return found;
}
