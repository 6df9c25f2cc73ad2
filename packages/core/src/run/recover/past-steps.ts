import { errors } from '../../errors/catalogue.js';
import type { RunState, StepState } from '../../journal/state.js';
import type { Kernel } from '../../kernel.js';
import { DEFAULT_STEP_TIMEOUT_MS } from '../../plan.js';
import type { AnyAction, ComponentConfig, Plan, Step, StepReport } from '../../types/index.js';
import { type ActedStep, resolveSecrets, type Session } from '../session.js';

/** The plan of a past run, from its journal alone: the config may have changed since, or be lost. */
export function planOfPast({ config, redactor }: Kernel, state: RunState): Plan {
  const components = resolveSecrets(redactor, state.components);
  const steps = state.plan.map(({ id, uses, needs, component }) => ({
    id,
    uses,
    needs,
    input: state.steps.get(id)?.input ?? {},
    ...componentNamed(components, component),
    timeout_ms: DEFAULT_STEP_TIMEOUT_MS,
    continue_on_error: false,
    critical: true,
  }));
  return Object.freeze({ config, steps, components, findings: [] });
}

const componentNamed = (components: readonly ComponentConfig[], name: string | undefined) => {
  const component = components.find((each) => each.name === name);
  return component === undefined ? {} : { component };
};

/** What a step that had acted needs to be undone, or gone on with. */
export function actedStep(session: Session, step: Step, { before, input, result }: StepState): ActedStep {
  const action = session.kernel.registry.actions.get(step.uses);
  try {
    const past = session.resolveSecrets({ before, input });
    return {
      step: { ...step, input: past.input },
      action: action ?? impossible(errors.SHIP_RECOVER_NO_ACTION({ step: step.id, uses: step.uses })),
      before: past.before,
      ...(result === undefined ? {} : { result }),
    };
  } catch (error) {
    return { step, action: impossible(error), before };
  }
}

/** Its undo fails with the reason, so that the others are undone all the same. */
function impossible(error: unknown): AnyAction {
  const fail = () => {
    throw error;
  };
  return { run: fail, restore: fail };
}

const REPORTED: Readonly<Record<StepState['status'], StepReport['status']>> = {
  unknown: 'failed',
  done: 'done',
  failed: 'failed',
  skipped: 'skipped',
  undone: 'undone',
  undo_failed: 'undo_failed',
};

/** A step as the report of a recovery shows it, before the recovery has touched it. */
export function reportOfPast({ id, uses, component, status, attempts, error, failedAttempts }: StepState): StepReport {
  return {
    id,
    uses,
    ...(component === undefined ? {} : { component }),
    status: REPORTED[status],
    duration_ms: 0,
    attempts,
    ...(error === undefined ? {} : { error }),
    ...(attempts > 1 && failedAttempts.length > 0 ? { failed_attempts: failedAttempts } : {}),
  };
}
