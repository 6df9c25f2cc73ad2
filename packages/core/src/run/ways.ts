import type { RollbackRequest } from '../hooks.js';
import type { ComponentState, Decision, Failure, Snapshot, Way } from '../types/index.js';
import { restoreSnapshot } from './restore-snapshot.js';
import type { Deadline, Undone, WayBack } from './rollback.js';
import type { Session } from './session.js';
import { capturedStates, isDeploy, undoRun } from './undo-run.js';

/** Why a run is taken back. */
export interface Reason {
  readonly failure: Failure | null;
  readonly decision: Decision;
}

/** The ways back from a run, the quickest first. Those before `from` were tried before somebody cut the rollback off. */
export function waysOfRun(session: Session, reason: Reason, from?: Way): readonly WayBack[] {
  const { scope, via } = reason.decision;
  const component = scope === 'partial' ? reason.failure?.component : undefined;
  const ways = [
    ...(via === 'instant' ? [instantWay(session, reason, component)] : []),
    ...(component === undefined ? [] : [partialWay(session, reason, component)]),
    ...fullWays(session, reason),
  ];
  const first = ways.findIndex(({ request }) => request.way === from);
  return first > 0 ? ways.slice(first) : ways;
}

/** The way of a person who names a snapshot, for everything or for one component. */
export function wayToSnapshot(session: Session, target: Snapshot, decision: Decision, component?: string): WayBack {
  const way = component === undefined ? 'full' : 'partial';
  const request = requestOf(session, { way, component, to: 'snapshot', target, failure: null, decision });
  return { request, undo: (deadline) => restoreSnapshot(session, target, deadline, component) };
}

/** A request, with what each component goes back to. */
function requestOf(
  session: Session,
  { component, ...request }: Omit<RollbackRequest, 'states' | 'scope' | 'component'> & { readonly component?: string | undefined },
): RollbackRequest {
  const concerned = session.plan.components.filter(({ name }) => component === undefined || name === component);
  const captured = capturedStates(session);
  const states = concerned.flatMap(({ name }): [string, ComponentState | null][] => {
    const state = request.to === 'snapshot' ? request.target?.components[name] : captured.get(name);
    return state === undefined ? [] : [[name, state]];
  });
  return {
    ...request,
    scope: component === undefined ? 'full' : 'partial',
    ...(component === undefined ? {} : { component }),
    states: Object.fromEntries(states),
  };
}

/** Traffic goes back first, in milliseconds; then the run is undone while nobody sees it any more. */
function instantWay(session: Session, { failure, decision }: Reason, component: string | undefined): WayBack {
  const request = requestOf(session, { way: 'instant', component, to: 'captures', target: session.target, failure, decision });
  return {
    request,
    undo: async () => undefined,
    // Its restores find the traffic back already, and take away what nobody sees any more.
    rest: (deadline) => undoRun(session, deadline, component === undefined ? undefined : ({ step }) => step.component?.name === component),
  };
}

function partialWay(session: Session, { failure, decision }: Reason, component: string): WayBack {
  const restoring: Decision = { ...decision, via: 'restore' };
  const request = requestOf(session, { way: 'partial', component, to: 'captures', target: session.target, failure, decision: restoring });
  return { request, undo: (deadline) => undoRun(session, deadline, ({ step }) => step.component?.name === component) };
}

/**
 * Back to where everything was verified last. That is what this run captured, unless a run before it failed and was
 * left: then the snapshot is gone back to, and what the run captured is the last resort.
 */
function fullWays(session: Session, { failure, decision }: Reason): WayBack[] {
  const { target } = session;
  const full: Decision = { ...decision, scope: 'full', via: 'restore' };
  const undo = (deadline: Deadline) => undoRun(session, deadline);
  const reason = { failure, decision: full };
  if (target === null || session.unverifiedSince === null)
    return [{ request: requestOf(session, { ...reason, way: target === null ? 'undo' : 'full', to: 'captures', target }), undo }];
  return [
    {
      request: requestOf(session, { ...reason, way: 'full', to: 'snapshot', target }),
      undo: (deadline) => undoAndRestore(session, target, deadline),
    },
    {
      request: requestOf(session, { ...reason, way: 'undo', to: 'captures', target: null }),
      undo: (deadline) => {
        for (const { step } of [...session.acted.values()].filter(isDeploy)) session.undone.delete(step.id);
        return undoRun(session, deadline);
      },
    },
  ];
}

async function undoAndRestore(session: Session, target: Snapshot, deadline: Deadline): Promise<Undone> {
  const undone = await undoRun(session, deadline);
  const restored = await restoreSnapshot(session, target, deadline);
  const again = new Set(restored.components.map(({ name }) => name));
  return {
    components: [...undone.components.filter(({ name }) => !again.has(name)), ...restored.components],
    parts: restored.parts,
    remaining: [...undone.remaining, ...restored.remaining],
  };
}
