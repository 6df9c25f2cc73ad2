import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Kernel } from '../kernel.js';
import { FILE_MODE, FOLDER_MODE } from '../store/durable.js';
import type { ComponentConfig, ComponentState, Context, Output, RunContext, Step, StepContext } from '../types/index.js';
import { captureParts } from './rollback/snapshot-parts.js';
import { recordResource, resolveSecrets, type Session } from './session.js';

/** The context of what belongs to no step. */
export function contextOf(session: Session, signal: AbortSignal = session.signal, owner = 'run'): Context {
  const { kernel } = session;
  return {
    ...idleContext(kernel, session.id, signal),
    env: session.env,
    log: kernel.log(owner),
    facts: session.facts,
    output: (output) => logOutput(session, owner, output),
    spawned: (process) => {
      session.note({ type: 'process', step: owner, process });
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

/** A context outside any run: it records nothing. Without a signal it has one that never aborts, made when somebody looks at it: few do, and it takes Node a while. */
export function idleContext(kernel: Kernel, run: string, given?: AbortSignal): Context {
  let signal = given;
  const silent = () => {};
  const { project, environment, dir } = kernel.config;
  const { drivers, routers } = kernel.registry;
  const context: Context = {
    run,
    project,
    environment,
    dir,
    stateDir: kernel.stateDir,
    env: process.env,
    get signal() {
      signal ??= new AbortController().signal;
      return signal;
    },
    log: { debug: silent, info: silent, warn: silent },
    facts: {},
    output: silent,
    redact: (text) => kernel.redactor.redact(text),
    refer: (value) => kernel.redactor.refer(value),
    resolve: (value) => resolveSecrets(kernel.redactor, value),
    routerOf: ({ router, driver }) => routers.get(router?.name ?? drivers.get(driver)?.router ?? ''),
    async targetsOf(component) {
      return (await drivers.get(component.driver)?.targets?.(this, component)) ?? {};
    },
    spawned: silent,
    created: async () => {},
  };
  return context;
}

/** Of the name of a log, without its suffix. */
const LONGEST_NAME = 100;

/** Writes what a tool says to the log of its step, redacted, and tells the view. */
export function logOutput(session: Session, owner: string, { stream, text: said }: Output): void {
  const { kernel, id } = session;
  const text = kernel.redactor.redact(said);
  // A check may have any name; ids of steps are plain already.
  const file = owner.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, LONGEST_NAME);
  append(join(kernel.stateDir, 'runs', kernel.config.environment, id, 'logs', `${file}.log`), text);
  session.emit({ type: 'step-output', step: owner, output: { stream, text } });
}

/** The folder is made when the first line comes. A log that cannot be written never fails a step. */
function append(path: string, text: string): void {
  try {
    appendFileSync(path, text, { mode: FILE_MODE });
  } catch {
    try {
      mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
      appendFileSync(path, text, { mode: FILE_MODE });
    } catch {
      // As said above.
    }
  }
}

/** What is live of each component; those that were never deployed are absent. */
export async function describeComponents(
  { registry }: Kernel,
  components: readonly ComponentConfig[],
  ctx: Context,
): Promise<Record<string, ComponentState>> {
  const states: Record<string, ComponentState> = {};
  for (const component of components) {
    const state = await registry.drivers.get(component.driver)?.describe(ctx, component);
    if (state) states[component.name] = state;
  }
  return states;
}
