import { errors } from '../../errors/catalogue.js';
import { suggest } from '../../errors/suggest.js';
import { byOrder } from '../../ids.js';
import type { Kernel } from '../../kernel.js';
import type { SnapshotProvider } from '../../plugins/define.js';
import type {
  ComponentConfig,
  ComponentState,
  Decision,
  DeployedVersion,
  Report,
  RunStatus,
  Severity,
  Snapshot,
} from '../../types/index.js';
import { confirm } from '../consent.js';
import { idleContext } from '../contexts.js';
import { endOf, finish } from '../deploy/finish.js';
import { overallVersion, readDeployed, writeDeployed } from '../environment-state.js';
import { type RunOptions, withSession } from '../open.js';
import { makePlan } from '../read/plan.js';
import type { Session } from '../session.js';
import { requestForSnapshot, rollBack } from './strategies.js';
import { isSame } from './verify.js';

/** A person decided it. */
export const byHand = (severity: Severity, reason: string): Decision => ({
  severity,
  action: 'rollback',
  trigger: 'manual',
  scope: 'full',
  via: 'restore',
  options: [],
  reasons: [reason],
});

/** Asked for: no failure came before it. */
export const ASKED_FOR: Decision = byHand('LOW', 'asked for');

/** Asked for, by switching traffic where that is possible. */
export const BY_TRAFFIC: Decision = { ...ASKED_FOR, via: 'instant', reasons: ['asked for, traffic first'] };

/** Rollbacks can be switched off, also those that somebody asks for. */
export function demandRollbacks({ flags, config }: Kernel): void {
  if (flags.no_rollback) throw errors.SHIP_ROLLBACK_OFF({ by: '--no-rollback' });
  if (!config.rollback.enabled) throw errors.SHIP_ROLLBACK_OFF({ by: 'optimization.rollback.enabled' });
}

/** `--rollback-to`: makes the environment as a snapshot has it, and proves it. */
export async function rollbackTo(kernel: Kernel, id: string, options: RunOptions): Promise<Report> {
  demandRollbacks(kernel);
  const { environment } = kernel.config;
  const snapshot = await demandSnapshots(kernel).find(environment, id);
  const plan = await makePlan(kernel, 'rollback');
  const holds = plan.components.some(({ name }) => snapshot.components[name]) || Object.keys(snapshot.parts).length > 0;
  if (!holds) throw errors.SHIP_ROLLBACK_EMPTY({ id: snapshot.id });
  if (kernel.config.approval === 'required') await confirm(kernel, `Roll ${environment} back to ${snapshot.id} (${snapshot.version})?`);
  return withSession(kernel, plan, options, (session) => goToSnapshot(session, snapshot, 'rollback'));
}

/** Restores what a snapshot holds, in a session that is open. */
export async function goToSnapshot(
  session: Session,
  snapshot: Snapshot,
  verb: 'rollback' | 'recover',
  component?: string,
): Promise<Report> {
  session.record.steps = [];
  session.record.decision = component === undefined ? ASKED_FOR : { ...ASKED_FOR, scope: 'partial' };
  const ending = await endOf(session, () => restoreAndRecord(session, snapshot, component, verb === 'recover'));
  return finish(session, verb, ending);
}

/** The snapshots, which a config can switch off. */
export function demandSnapshots({ registry }: Kernel): SnapshotProvider {
  if (registry.snapshots === undefined) throw errors.SHIP_SNAPSHOTS_OFF(undefined);
  return registry.snapshots;
}

async function restoreAndRecord(session: Session, snapshot: Snapshot, component: string | undefined, isBegun: boolean): Promise<RunStatus> {
  const requests = [requestForSnapshot(session, snapshot, session.record.decision!, component)];
  const status = await rollBack(session, requests, 'succeeded', isBegun);
  if (status === 'succeeded')
    await writeDeployed(session, component === undefined ? whole(snapshot) : await butFor(session, snapshot, component));
  return status;
}

type Deployed = Pick<DeployedVersion, 'version' | 'components' | 'snapshot'>;

function whole({ id, version, components }: Snapshot): Deployed {
  return {
    version,
    components: Object.fromEntries(Object.entries(components).map(([name, state]) => [name, state.version])),
    snapshot: id,
  };
}

/** What was deployed before, but for one component: no snapshot is like that. */
async function butFor({ kernel, plan }: Session, snapshot: Snapshot, component: string): Promise<Deployed> {
  const before = await readDeployed(kernel);
  const components = { ...before?.components, [component]: snapshot.components[component]!.version };
  const live: ComponentConfig[] = plan.components.map((each) => ({ ...each, version: components[each.name] ?? each.version }));
  return { version: overallVersion({ ...plan, components: live }, {}), components, snapshot: null };
}

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

/**
 * The last verified snapshot that has the component otherwise than it is live, and is older than all that have it so: what
 * was gone back from is never gone forward to again.
 */
async function lastOther(kernel: Kernel, component: ComponentConfig): Promise<Snapshot> {
  const { name } = component;
  const { environment } = kernel.config;
  const driver = kernel.registry.drivers.get(component.driver)!;
  const context = idleContext(kernel, `rollback of ${name}`, AbortSignal.timeout(DESCRIBE_TIMEOUT_MS), true);
  const live: ComponentState | undefined = await driver.describe(context, component);
  // A snapshot has references where a driver has secrets: compared is what both would be kept as.
  const kept = kernel.redactor.refer(live);
  const snapshots = demandSnapshots(kernel);
  let oldest: string | undefined;
  await snapshots.latest(environment, ({ id, components }) => {
    if (components[name] !== undefined && isSame(components[name], kept)) oldest = id;
    return false;
  });
  const isBefore = ({ id, components }: Snapshot) => {
    const then = components[name];
    return then !== undefined && !isSame(then, kept) && (oldest === undefined || byOrder(id, oldest) < 0);
  };
  const found = await snapshots.latest(environment, isBefore);
  if (found === null) throw errors.SHIP_COMPONENT_NO_TARGET({ name, live: live?.version });
  return found;
}
