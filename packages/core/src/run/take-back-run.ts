import type { RollbackRequest } from '../hooks.js';
import type { RunState } from '../journal/fold.js';
import type { ComponentState, Decision, Failure, RunStatus } from '../types/index.js';
import { overallVersion, writeDeployed } from './deployed.js';
import { settleOrphans } from './orphaned-processes.js';
import { actedStep, reportOfPast } from './past-steps.js';
import { adoptResources } from './resources.js';
import { type Deadline, rollBack, type Undone } from './rollback.js';
import type { Session } from './session.js';
import { undoRun } from './undo-run.js';

/** Who wants a past run taken back, and why. */
export interface Reason {
  readonly failure: Failure | null;
  readonly decision: Decision;
}

/** Takes a past run back to what its captures hold. What was undone before stays so; everything else is undone now, newest first. */
export async function takeBackRun(session: Session, state: RunState, { failure, decision }: Reason): Promise<RunStatus> {
  Object.assign(session.record, { failure, decision, evidence: state.evidence });
  session.record.steps = session.plan.steps.flatMap(({ id }) => {
    const step = state.steps.get(id);
    return step === undefined ? [] : [reportOfPast(step)];
  });
  adoptResources(session, state);
  await settleOrphans(session, state, 0);
  const undone = fill(session, state);
  const request: RollbackRequest = { scope: 'full', to: 'captures', target: session.target, failure, decision };
  const live = new Map<string, ComponentState | null>();
  const undo = async (deadline: Deadline): Promise<Undone> => {
    const now = await undoRun(session, deadline);
    for (const [name, before] of [...undone, ...now.expected]) live.set(name, before);
    return { ...now, expected: live };
  };
  const status = await rollBack(session, request, 'rolled_back', undo);
  if (status === 'rolled_back') await tellDeployed(session, live);
  return status;
}

/** Puts what is to be undone into the session. Answers what was undone already, by component. */
function fill(session: Session, state: RunState): Map<string, ComponentState | null> {
  const undone = new Map<string, ComponentState | null>();
  const steps = new Map(session.plan.steps.map((step) => [step.id, step]));
  for (const past of state.steps.values()) {
    const step = steps.get(past.id);
    if (step === undefined) continue;
    const acted = actedStep(session, step, past);
    if (past.status !== 'undone') session.acted.set(past.id, acted);
    else if (step.component && step.uses === 'deploy') undone.set(step.component.name, acted.before as unknown as ComponentState | null);
  }
  return undone;
}

/** What a success had written down as deployed is not live any more. */
async function tellDeployed(session: Session, live: ReadonlyMap<string, ComponentState | null>): Promise<void> {
  if (live.size === 0) return;
  const components = session.plan.components.flatMap((component) => {
    const version = live.get(component.name)?.version;
    return version === undefined ? [] : [{ ...component, version }];
  });
  await writeDeployed(session, {
    version: overallVersion({ ...session.plan, components }, {}),
    components: Object.fromEntries(components.map(({ name, version }) => [name, version])),
    snapshot: session.record.rollback?.target_snapshot ?? null,
  });
}
