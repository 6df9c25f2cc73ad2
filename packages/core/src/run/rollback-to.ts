import { errors } from '../errors/catalogue.js';
import type { RollbackRequest } from '../hooks.js';
import type { Kernel } from '../kernel.js';
import type { SnapshotProvider } from '../plugins/define.js';
import type { Decision, Report, RunStatus, Severity, Snapshot } from '../types/index.js';
import { confirm } from './consent.js';
import { writeDeployed } from './deployed.js';
import { endOf, finish } from './finish.js';
import { makePlan } from './make-plan.js';
import { type RunOptions, withSession } from './open-session.js';
import { restoreSnapshot } from './restore-snapshot.js';
import { rollBack } from './rollback.js';
import type { Session } from './session.js';

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
  const plan = await makePlan(kernel);
  if (!plan.components.some(({ name }) => snapshot.components[name])) throw errors.SHIP_ROLLBACK_EMPTY({ id: snapshot.id });
  if (kernel.config.approval === 'required') await confirm(kernel, `Roll ${environment} back to ${snapshot.id} (${snapshot.version})?`);
  return withSession(kernel, plan, options, (session) => goToSnapshot(session, snapshot, 'rollback'));
}

/** Restores what a snapshot holds, in a session that is open. */
export async function goToSnapshot(session: Session, snapshot: Snapshot, verb: 'rollback' | 'recover'): Promise<Report> {
  session.record.steps = [];
  session.record.decision = ASKED_FOR;
  const ending = await endOf(session, () => walk(session, snapshot));
  return finish(session, verb, ending);
}

/** The snapshots, which a config can switch off. */
export function demandSnapshots({ registry }: Kernel): SnapshotProvider {
  if (registry.snapshots === undefined) throw errors.SHIP_SNAPSHOTS_OFF(undefined);
  return registry.snapshots;
}

async function walk(session: Session, snapshot: Snapshot): Promise<RunStatus> {
  const request: RollbackRequest = { scope: 'full', to: 'snapshot', target: snapshot, failure: null, decision: ASKED_FOR };
  const status = await rollBack(session, request, 'succeeded', (deadline) => restoreSnapshot(session, snapshot, deadline));
  if (status === 'succeeded') {
    const components = Object.fromEntries(Object.entries(snapshot.components).map(([name, state]) => [name, state.version]));
    await writeDeployed(session, { version: snapshot.version, components, snapshot: snapshot.id });
  }
  return status;
}
