import { errors } from '../../errors/catalogue.js';
import { isShipError } from '../../errors/ship-error.js';
import { classify, decide, rulesOf, severityOf, triggerOf } from '../../failure.js';
import {
  type CheckConfig,
  type ComponentConfig,
  type Decision,
  type Failure,
  type FailureContext,
  SEVERITIES,
  type Step,
  type SuiteName,
  type SuiteReport,
  TRIGGERS,
  type Trigger,
} from '../../types/index.js';
import { settle } from '../consent.js';
import { runContextOf } from '../contexts.js';
import { hasWay } from '../rollback/strategies.js';
import type { Session } from '../session.js';
import { suiteError } from './suites.js';

/** A failure and what is to be done about it. */
export interface Judgement {
  readonly failure: Failure;
  readonly decision: Decision;
}

const ACTIONS: ReadonlySet<Decision['action']> = new Set(['rollback', 'prompt', 'warn', 'info', 'none'] as const);

/** Judges a failed step. */
export function judgeStep(session: Session, step: Step, error: unknown): Promise<Judgement> {
  const trigger = (!step.continue_on_error && triggerNamedBy(error)) || 'step_failed';
  const step_kind = step.continue_on_error ? 'continue_on_error' : step.critical ? 'critical' : 'recoverable';
  const message = error instanceof Error ? error.message : String(error);
  return judge(session, {
    trigger,
    step_kind,
    type: classify(error),
    step: step.id,
    message,
    ...(step.component ? { component: step.component.name } : {}),
  });
}

function triggerNamedBy(error: unknown): Trigger | undefined {
  return isShipError(error) ? TRIGGERS.find((trigger) => trigger === error.trigger) : undefined;
}

/** Judges a failed suite. */
export function judgeSuite(session: Session, suite: SuiteName, report: SuiteReport, asked: readonly CheckConfig[]): Promise<Judgement> {
  const { message } = suiteError(suite, report);
  const failed = written(report, asked).filter(({ required }) => required);
  const component = componentOf(failed);
  const trigger = worst(
    session,
    failed.length > 0 ? failed.map((check) => triggerNamed(session, check) ?? triggerOf(suite)) : [triggerOf(suite)],
  );
  return judge(session, { trigger, type: 'test_failure', suite, message, ...(component ? { component } : {}) });
}

/** Judges checks that did not have to pass. */
export function judgeOptional(session: Session, suite: SuiteName, report: SuiteReport, asked: readonly CheckConfig[]): Promise<Judgement> {
  const failed = written(report, asked).filter(({ required }) => !required);
  const trigger = worst(
    session,
    // What its kind would set off holds where it has to pass: who says that it need not, has said how much it matters.
    failed.map(({ trigger = 'non_critical_test_failed' }) => trigger),
  );
  const message = `checks of the ${suite} suite that need not pass did not: ${failed.map(({ name }) => name).join(', ')}`;
  return judge(session, { trigger, type: 'test_failure', suite, message });
}

/** The checks that did not pass, as the config has them. */
function written({ checks }: SuiteReport, asked: readonly CheckConfig[]): readonly CheckConfig[] {
  return checks.flatMap(({ outcome }, index) => (outcome === 'passed' ? [] : (asked[index] ?? [])));
}

const triggerNamed = ({ kernel }: Session, { trigger, kind }: CheckConfig): Trigger | undefined =>
  trigger ?? kernel.registry.checks.get(kind)?.trigger;

function worst({ kernel }: Session, triggers: readonly Trigger[]): Trigger {
  const rank = (trigger: Trigger) => SEVERITIES.indexOf(severityOf({ trigger }, kernel.config.rollback.severity));
  return triggers.reduce((most, trigger) => (rank(trigger) < rank(most) ? trigger : most));
}

/** The one component that all failed checks are about; undefined where some are about another, or about none. */
function componentOf(failed: readonly CheckConfig[]): string | undefined {
  const named = new Set(failed.map(({ component }) => component));
  return named.size === 1 ? [...named][0] : undefined;
}

async function judge(session: Session, failed: FailureContext['failure']): Promise<Judgement> {
  const { kernel } = session;
  const began = performance.now();
  const failure: Failure = {
    type: failed.type ?? 'unknown',
    trigger: failed.trigger,
    severity: severityOf(failed, kernel.config.rollback.severity),
    ...(failed.step === undefined ? {} : { step: failed.step }),
    ...(failed.suite === undefined ? {} : { suite: failed.suite }),
    ...(failed.component === undefined ? {} : { component: failed.component }),
    message: kernel.redactor.redact(failed.message ?? ''),
  };
  session.note({ type: 'failure', failure });
  session.emit({ type: 'failure', failure });
  const context = await contextOf(session, failed, failure);
  const addEvidence = (name: string, gathered: string) => {
    session.note({ type: 'evidence', ...kernel.redactor.redactDeep({ name: String(name), text: String(gathered) }) });
  };
  if (kernel.hooks.onFailure.isUsed())
    await kernel.hooks.onFailure.promise(failure, runContextOf(session), { failure, context, addEvidence });
  const proposed = await decideWithPlugins(session, context);
  session.decisionMs = Math.round(performance.now() - began);
  const decision = await settle(session, context, failure, proposed);
  session.note({ type: 'decision', decision, context: kernel.redactor.redactDeep(context) });
  session.emit({ type: 'decision', decision });
  return { failure, decision };
}

/** What is decided, unless a plugin knows better. One that throws or answers nonsense does not keep a failed run from its rollback. */
async function decideWithPlugins(session: Session, context: FailureContext): Promise<Decision> {
  const proposed = decide(context);
  const { decide: hook } = session.kernel.hooks;
  if (!hook.isUsed()) return proposed;
  try {
    const replaced = (await hook.promise(proposed, context, runContextOf(session))) ?? undefined;
    if (replaced === undefined) return proposed;
    const expected = proposed.action === 'none' ? 'no rollback, as it is switched off' : 'a decision, or nothing';
    const scoped = replaced.scope === undefined || ['full', 'partial', 'none'].includes(replaced.scope);
    const fits = ACTIONS.has(replaced.action) && scoped && Array.isArray(replaced.reasons);
    if (fits && (proposed.action !== 'none' || replaced.action !== 'rollback'))
      return { ...proposed, ...session.kernel.redactor.redactDeep(replaced), severity: proposed.severity };
    throw errors.SHIP_HOOK_CONTRACT({ source: 'decide', answer: JSON.stringify(replaced) ?? String(replaced), expected });
  } catch (error) {
    session.report(error);
    return proposed;
  }
}

async function contextOf(session: Session, failed: FailureContext['failure'], failure: Failure): Promise<FailureContext> {
  const { config, flags } = session.kernel;
  const component = failure.component === undefined ? undefined : config.components[failure.component];
  const isPartial = async ({ core }: ComponentConfig) => !core && hasWay(session, 'partial', failure);
  return {
    failure: failed,
    flags,
    rollback: rulesOf(config.rollback),
    ...(component ? { component: { core: component.core, partial_admitted: await isPartial(component) } } : {}),
    router: await hasWay(session, 'instant', failure),
  };
}
