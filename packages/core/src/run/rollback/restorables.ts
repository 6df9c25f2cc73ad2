import { bounded, graceOf } from '../../deadline.js';
import { errors } from '../../errors/catalogue.js';
import { messageOf } from '../../errors/ship-error.js';
import type { Subject } from '../../journal/entries.js';
import { isDeploy, type LedgerLine, type StepState, subjectOf } from '../../journal/state.js';
import type {
  ComponentConfig,
  ComponentState,
  Context,
  Finding,
  Json,
  Probed,
  Restored,
  Snapshot,
  Step,
  StepContext,
} from '../../types/index.js';
import { contextOf, stepContextOf } from '../contexts.js';
import { actedStep, actionOf, nameOf, type Session, stepOf } from '../session.js';
import { filesOf, type HeldPart } from './snapshot-parts.js';

/** How long a driver may think about whether it can restore a state. */
const DRIVER_ADMISSION_MS = 60_000;
/** How long a part or a step may: it may have to ask every resource that there is. */
const ADMISSION_MS = 300_000;

/** What a restore answers; `blocked`: something that still stands keeps it, and it is tried again. */
export type PutBack = Restored & { readonly blocked?: string };

/**
 * What can be put back. Steps, components, the parts of a snapshot and resources are the four of its kind: all of them
 * pass the same admission and the same executor, and have the same entries in the journal.
 */
export interface Restorable {
  readonly subject: Subject;
  /** For people. */
  readonly what: string;
  /** Who is asked whether it can go back, for people, where that is not the thing itself. */
  readonly admittedBy?: string;
  readonly admissionMs?: number;
  /** How long it may take to end in order after it was asked to stop. */
  readonly graceMs?: number | undefined;
  /** What it goes back to, where that is not what the run captured. */
  readonly target?: Json;
  /** The journal says already that it is about to be put back. */
  readonly isIntended?: boolean;
  /** What is there now. */
  capture?(signal: AbortSignal): Promise<Json>;
  /** Can it be put back, and does that do no harm? */
  admit?(signal: AbortSignal): Promise<readonly Finding[]>;
  /** What is true of it now; undefined where it is unknown. */
  probe?(signal: AbortSignal): Promise<Probed | undefined>;
  restore(signal: AbortSignal): Promise<PutBack>;
  /** Must it go back before what came after it? */
  goesFirst?(signal: AbortSignal): Promise<boolean>;
  /** When all that goes back is back. */
  settle?(signal: AbortSignal): Promise<void>;
  /** The command a person would use to finish it. */
  remedy?(): string | undefined;
}

/** Asks a restorable something before anything changes, as long as it may take. Throws SHIP_UNDO_TIMEOUT. */
export function askedInTime<T>(
  session: Session,
  { what, admittedBy = what, admissionMs = 0 }: Restorable,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timedOut = () => errors.SHIP_UNDO_TIMEOUT({ what: admittedBy, timeoutMs: admissionMs });
  return bounded({ timeoutMs: admissionMs, parent: session.signal, timedOut, graceMs: 2_000 }, ask);
}

/** What a step did. It goes back to what it captured; a step whose action is gone fails with that reason. */
export function restorableStep(session: Session, state: StepState): Restorable {
  const { id, uses } = state;
  const action = actionOf(session.kernel, stepOf(session, id));
  const acted = () => actedStep(session, state);
  const ctx = (signal: AbortSignal) => stepContextOf(session, acted().step, 1, signal);
  const ofActed =
    <T>(ask: (ctx: StepContext, before: Json, result: Json | undefined, input: Step['input']) => T | Promise<T>) =>
    async (signal: AbortSignal): Promise<T> => {
      const { before, result, step } = acted();
      return ask(ctx(signal), before, result, step.input);
    };
  const { admit, goesFirst, settle, remedy } = action ?? {};
  return {
    subject: { kind: 'step', name: id },
    what: id,
    ...(isDeploy(state) ? { admittedBy: state.component!, admissionMs: DRIVER_ADMISSION_MS } : { admissionMs: ADMISSION_MS }),
    ...graceOf(action),
    // Also one that has nothing to say cannot go back without its secrets.
    ...(action ? { admit: ofActed(async (...acts) => (await admit?.(...acts)) ?? []) } : {}),
    probe: (signal) => probeStep(session, state, signal),
    async restore(signal) {
      const { before, result, step, action: found } = acted();
      if (found.restore === undefined)
        return { changed: false, kept: step.irreversible === undefined ? `${uses} has no restore` : `${step.irreversible} (irreversible)` };
      const put = (await found.restore(ctx(signal), before, result, step.input)) ?? { changed: true };
      return put.kept !== undefined && step.irreversible !== undefined ? { ...put, kept: `${step.irreversible} (irreversible)` } : put;
    },
    ...(goesFirst ? { goesFirst: ofActed(goesFirst) } : {}),
    ...(settle ? { settle: ofActed(settle) } : {}),
    ...(remedy
      ? {
          remedy: () => {
            try {
              const { step, before } = acted();
              return remedy(step.input, before);
            } catch (error) {
              session.warn(`the remedy of ${id} failed: ${messageOf(error)}`);
              return undefined;
            }
          },
        }
      : {}),
  };
}

/** What is true of a step that acted; undefined where that is unknown: restore is idempotent, and then it is restored. */
export async function probeStep(session: Session, state: StepState, signal: AbortSignal): Promise<Probed | undefined> {
  const { step, action, before } = actedStep(session, state);
  try {
    return await action.probe?.(stepContextOf(session, step, 1, signal), step.input, before);
  } catch (error) {
    session.warn(`the probe of ${state.id} failed: ${messageOf(error)}`);
    return undefined;
  }
}

/** A component, which goes back to how a snapshot has it. */
export function restorableComponent(session: Session, component: ComponentConfig, state: ComponentState): Restorable {
  const { name } = component;
  const driver = session.kernel.registry.drivers.get(component.driver)!;
  const { admit } = driver;
  const ctx = (signal: AbortSignal) => contextOf(session, signal, name);
  return {
    subject: { kind: 'component', name },
    what: name,
    admissionMs: DRIVER_ADMISSION_MS,
    target: state as unknown as Json,
    // For the report alone: nobody goes back to it.
    capture: async (signal) => ((await driver.describe({ ...ctx(signal), looks: true }, component)) ?? null) as unknown as Json,
    ...(admit ? { admit: async (signal) => admit.call(driver, ctx(signal), component, state) } : {}),
    restore: (signal) => driver.restore(ctx(signal), component, session.resolveSecrets(state)),
  };
}

/** A part of a snapshot. */
export function restorablePart(session: Session, snapshot: Snapshot, { name, part, value }: HeldPart): Restorable {
  const files = filesOf(session.kernel, snapshot, name);
  const ctx = (signal: AbortSignal) => contextOf(session, signal, name);
  const { admit } = part;
  return {
    subject: { kind: 'part', name },
    what: name,
    admissionMs: ADMISSION_MS,
    target: value,
    ...(admit ? { admit: async (signal) => admit.call(part, ctx(signal), session.resolveSecrets(value), files) } : {}),
    restore: async (signal) => {
      const restored = await part.restore(ctx(signal), session.resolveSecrets(value), files);
      return { ...restored, summary: restored.summary ?? (restored.changed ? 'put back' : 'skipped (unchanged)') };
    },
  };
}

/** Something that a step made, which goes back to not being there. A `pending` one may never have come to be: then nothing is removed on a guess. */
export function restorableResource(session: Session, line: LedgerLine): Restorable {
  const { fate } = line;
  const what = nameOf(line.resource);
  return {
    subject: subjectOf(line),
    what,
    isIntended: fate === 'removing',
    async restore(signal) {
      const resource = session.resolveSecrets(line.resource);
      const { type } = resource;
      const remover = session.kernel.registry.removers.get(type);
      if (remover === undefined) {
        if (resource.delete === undefined) return { changed: false };
        throw errors.SHIP_RESOURCE_NO_REMOVER({ what, type });
      }
      if (remover.exists === undefined && resource.provenance === 'pending') throw errors.SHIP_RESOURCE_UNKNOWN({ what, type });
      const ctx = contextOfMaker(session, line, signal);
      if (remover.exists && !(await remover.exists(ctx, resource))) return { changed: false };
      const blocked = (await remover.remove(ctx, resource))?.blocked;
      if (blocked !== undefined) return { changed: false, blocked: String(blocked) };
      if (remover.exists && (await remover.exists(ctx, resource))) return { changed: false, blocked: 'it is still there' };
      return { changed: true };
    },
  };
}

/** What a remover is given: the place of the step that made the resource, where it was a step. */
function contextOfMaker(session: Session, { step, resource }: LedgerLine, signal: AbortSignal): Context {
  const maker = session.plan.steps.find(({ id }) => id === step);
  return maker ? stepContextOf(session, maker, 1, signal, resource.target) : contextOf(session, signal, step);
}
