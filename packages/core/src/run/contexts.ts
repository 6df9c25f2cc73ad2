import { crashPoint } from '../crash-points.js';
import type { RunContext } from '../hooks.js';
import type { Context, Step, StepContext } from '../types/index.js';
import { describeComponents } from './describe.js';
import { idleContext } from './idle-context.js';
import { logOutput } from './output-log.js';
import { captureParts } from './parts.js';
import { recordResource } from './resources.js';
import type { Session } from './session.js';

/** The context of what belongs to no step. */
export function contextOf(session: Session, signal: AbortSignal = session.signal, owner = 'run'): Context {
  const { kernel, journal } = session;
  return {
    ...idleContext(kernel, session.id, signal),
    env: session.env,
    log: kernel.log(owner),
    facts: session.facts,
    output: (output) => logOutput(session, owner, output),
    spawned: (process) => {
      journal.note({ type: 'process', step: owner, process });
      crashPoint('spawned');
      session.emit({ type: 'process-started', process });
    },
    created: (resource) => recordResource(session, owner, resource, 0),
  };
}

/** The context of one attempt of a step. */
export function stepContextOf(session: Session, step: Step, attempt: number, signal: AbortSignal): StepContext {
  return {
    ...contextOf(session, signal, step.id),
    step: { id: step.id, uses: step.uses, attempt },
    created: (resource) => recordResource(session, step.id, resource, attempt),
    ...(step.component ? { component: step.component } : {}),
  };
}

const runContexts = new WeakMap<Session, RunContext>();

/** What hooks are given; the same for all hooks of a run. */
export function runContextOf(session: Session): RunContext {
  const known = runContexts.get(session);
  if (known) return known;
  const { kernel, plan, command, target } = session;
  const { env: _, ...context } = contextOf(session);
  const made: RunContext = {
    ...context,
    get env() {
      return session.env;
    },
    config: kernel.config,
    plan,
    command,
    target,
    store: kernel.store,
    fact: (name, value) => {
      session.facts[name] = value;
    },
    describeComponents: () => describeComponents(kernel, plan.components, contextOf(session)),
    captureParts: () => captureParts(session, (signal, name) => contextOf(session, signal, name)),
    announce: (event) => session.emit(event),
  };
  runContexts.set(session, made);
  return made;
}
