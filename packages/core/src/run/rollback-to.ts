import { errors } from '../errors/catalogue.js';
import type { Kernel } from '../kernel.js';
import type { SnapshotProvider } from '../plugins/define.js';
import {
  type ComponentConfig,
  type Decision,
  PART_NAMES,
  type Report,
  type RunStatus,
  type Severity,
  type Snapshot,
} from '../types/index.js';
import { confirm } from './consent.js';
import { type DeployedVersion, overallVersion, readDeployed, writeDeployed } from './deployed.js';
import { endOf, finish } from './finish.js';
import { makePlan } from './make-plan.js';
import { type RunOptions, withSession } from './open-session.js';
import { rollBack } from './rollback.js';
import type { Session } from './session.js';
import { wayToSnapshot } from './ways.js';

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
  const holds = plan.components.some(({ name }) => snapshot.components[name]) || PART_NAMES.some((name) => snapshot[name] !== null);
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
  const ending = await endOf(session, () => walk(session, snapshot, component));
  return finish(session, verb, ending);
}

/** The snapshots, which a config can switch off. */
export function demandSnapshots({ registry }: Kernel): SnapshotProvider {
  if (registry.snapshots === undefined) throw errors.SHIP_SNAPSHOTS_OFF(undefined);
  return registry.snapshots;
}

async function walk(session: Session, snapshot: Snapshot, component: string | undefined): Promise<RunStatus> {
  const status = await rollBack(session, [wayToSnapshot(session, snapshot, session.record.decision!, component)], 'succeeded');
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
