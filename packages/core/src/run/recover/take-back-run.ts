import type { RunState } from '../../journal/state.js';
import type { ComponentState, RunStatus } from '../../types/index.js';
import { overallVersion, readDeployed, writeDeployed } from '../environment-state.js';
import { isDeploy } from '../rollback/restore.js';
import { type Reason, rollBack, waysOfRun } from '../rollback/strategies.js';
import { adoptResources, type Session } from '../session.js';
import { settleOrphans } from './orphaned-processes.js';
import { actedStep, reportOfPast } from './past-steps.js';

/** Takes a past run back to what its captures hold. What was undone before stays so; everything else is undone now, newest first. */
export async function takeBackRun(session: Session, state: RunState, { failure, decision }: Reason): Promise<RunStatus> {
  Object.assign(session.record, { failure, decision, evidence: state.evidence });
  session.record.steps = session.plan.steps.flatMap(({ id }) => {
    const step = state.steps.get(id);
    return step === undefined ? [] : [reportOfPast(step)];
  });
  adoptResources(session, state);
  await settleOrphans(session, state, 0);
  fill(session, state);
  const status = await rollBack(session, waysOfRun(session, { failure, decision }, state.way), 'rolled_back');
  if (status === 'rolled_back') await tellDeployed(session, session.takenBack);
  return status;
}

/** Puts what is to be undone into the session, and what of it is undone already. */
function fill(session: Session, state: RunState): void {
  const steps = new Map(session.plan.steps.map((step) => [step.id, step]));
  for (const past of state.steps.values()) {
    const step = steps.get(past.id);
    if (step === undefined) continue;
    const acted = actedStep(session, step, past);
    session.acted.set(past.id, acted);
    if (past.status !== 'undone') continue;
    session.undone.add(past.id);
    if (isDeploy(acted)) session.takenBack.set(step.component!.name, acted.before as unknown as ComponentState | null);
  }
}

/** What a success had written down as deployed is not live any more. */
async function tellDeployed(session: Session, live: ReadonlyMap<string, ComponentState | null>): Promise<void> {
  const target = session.record.rollback?.target_snapshot ?? null;
  const wasDeployed = async () => (await readDeployed(session.kernel))?.run === session.id;
  if (live.size === 0 && target === null && !(await wasDeployed())) return;
  const components = session.plan.components.flatMap((component) => {
    const version = live.get(component.name)?.version;
    return version === undefined ? [] : [{ ...component, version }];
  });
  await writeDeployed(session, {
    version: overallVersion({ ...session.plan, components }, {}),
    components: Object.fromEntries(components.map(({ name, version }) => [name, version])),
    snapshot: target,
  });
}
