import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { presentable } from '@ship/redact';
import { FILE_MODE, FOLDER_MODE } from '@ship/system';
import { errors } from '../errors/catalogue.js';
import type { Kernel } from '../kernel.js';
import type { Context, Output, RunContext, Step, StepContext } from '../types/index.js';
import { runChecks } from './deploy/suites.js';
import { markOf, noteStarted, RUN_MARK, UNMARKED } from './leftovers.js';
import { describeComponents, historyOf } from './read/history.js';
import { captureParts } from './rollback/snapshot-parts.js';
import { logsFolder, recordResource, resolveSecrets, type Session } from './session.js';

/** This machine, unless a step names another place. */
const LOCAL = 'local';

/** The context of what belongs to no step. What it starts bears the names of the run and of the piece of work, by which it is found again. */
export function contextOf(session: Session, signal: AbortSignal = session.signal, owner = 'run', mark = RUN_MARK, place = LOCAL): Context {
  const { kernel } = session;
  return {
    ...idleContext(kernel, session.id, signal),
    env: { ...session.env, ...UNMARKED, SHIP_RUN: session.id, ...mark },
    place: { name: place },
    log: kernel.log(owner),
    facts: session.facts,
    output: (output) => logOutput(session, owner, output),
    spawned: (process) => {
      if (process.leaves === undefined) noteStarted(session, mark, place === LOCAL ? process : undefined);
      session.note({ type: 'process', step: owner, process });
      session.emit({ type: 'process-started', run: session.id, process });
    },
    created: (resource) => recordResource(session, owner, resource, 0),
  };
}

/** The context of one attempt of a step, for one target of its place where that has several. */
export function stepContextOf(session: Session, step: Step, attempt: number, signal: AbortSignal, target?: string): StepContext {
  const { id, uses, component, on = LOCAL } = step;
  const at = target === undefined ? {} : { target };
  return {
    ...contextOf(session, signal, id, markOf(step), on),
    place: { name: on, ...at },
    step: { id, uses, attempt },
    ...(component ? { component } : {}),
    created: (resource) => recordResource(session, id, { ...at, ...resource }, attempt),
    get progressed() {
      return session.resolveSecrets(session.state.steps.get(id)?.progress ?? {});
    },
    progress: (name, value) => session.append({ type: 'progress', step: id, name, value }),
    check: (asked) => runChecks(session, asked, contextOf),
    at: (there) => stepContextOf(session, step, attempt, signal, there),
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
      return { ...session.env, ...UNMARKED, SHIP_RUN: session.id };
    },
    config: kernel.config,
    plan,
    command,
    ...(session.state.reason === undefined ? {} : { reason: session.resolveSecrets(session.state.reason) }),
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

/** A context outside any run: it records nothing. `looks`: whoever has it only looks. */
export function idleContext(kernel: Kernel, run: string, signal: AbortSignal = new AbortController().signal, looks = false): Context {
  const silent = () => {};
  const { project, environment, dir } = kernel.config;
  const { drivers, routers, executors } = kernel.registry;
  return {
    run,
    project,
    environment,
    dir,
    stateDir: kernel.stateDir,
    env: process.env,
    signal,
    log: { debug: silent, info: silent, warn: silent },
    facts: {},
    place: { name: LOCAL },
    async exec(command, options = {}) {
      const { name } = this.place;
      const executor = executors.get(name);
      if (executor === undefined) throw errors.SHIP_EXECUTOR_MISSING({ name, known: executors.names() });
      kernel.announce(kernel.redactor.redact(command[0]));
      return executor.exec(this, command, options);
    },
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
    history: historyOf(kernel, () => idleContext(kernel, run, signal, looks)),
    ...(looks && { looks: true }),
  };
}

/** A context for a step outside any run: its progress and its checks are those of a run. */
export function idleStepContext(kernel: Kernel, run: string, step: Step, signal: AbortSignal, target?: string): StepContext {
  const { id, uses, component, on = LOCAL } = step;
  return {
    ...idleContext(kernel, run, signal),
    place: { name: on, ...(target === undefined ? {} : { target }) },
    step: { id, uses, attempt: 1 },
    ...(component ? { component } : {}),
    progressed: {},
    progress: async () => {},
    check: () => Promise.reject(errors.SHIP_CHECK_OUTSIDE({ step: id })),
    at: (there) => idleStepContext(kernel, run, step, signal, there),
  };
}

/** Of the name of a log, without its suffix. */
const LONGEST_NAME = 100;

/** Writes what a tool says to the log of its step, redacted and without colours, and hands it to the view. */
function logOutput(session: Session, owner: string, { stream, text: said }: Output): void {
  const { kernel } = session;
  const redact = (text: string) => kernel.redactor.redact(text);
  const coloured = presentable(said, redact, { colours: true });
  const plain = coloured.includes('\x1b') ? presentable(said, redact) : coloured;
  // A check may have any name; ids of steps are plain already.
  const file = owner.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, LONGEST_NAME);
  if (session.cutOff === undefined) append(join(logsFolder(session), `${file}.log`), plain);
  session.emit({ type: 'step-output', step: owner, output: { stream, text: coloured } });
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
