import { join } from 'node:path';
import { errors } from '../errors/catalogue.js';
import { viaOf } from '../failure.js';
import type { Kernel } from '../kernel.js';
import type { Decision, DecisionOption, Failure, FailureContext, InterventionGuide, Plan } from '../types/index.js';
import { logsFolder, resourcesOf, type Session } from './session.js';

/** Asks what must be asked before anything is touched. */
export async function askConsent(kernel: Kernel, plan: Plan): Promise<void> {
  for (const question of questionsOf(kernel, plan)) await confirm(kernel, question);
}

/** What a person must say yes to: approval of the environment, and consent to what cannot be undone. */
export function questionsOf({ config, redactor }: Kernel, plan: Plan): string[] {
  const { approval, environment } = config;
  const questions = approval === 'required' ? [`Deploy to ${environment}?`] : [];
  const irreversible = plan.steps.filter((step) => step.irreversible !== undefined);
  if (irreversible.length === 0) return questions;
  const list = irreversible.map(({ id, irreversible: why }) => `${id} (${why})`).join(', ');
  const [some, them] = irreversible.length === 1 ? ['A step', 'it'] : ['Some steps', 'them'];
  return [...questions, redactor.redact(`${some} cannot be undone: ${list}. Run ${them}?`)];
}

/** A yes, from `--yes` or a person. A no, or nobody to ask, throws. */
export async function confirm(kernel: Kernel, question: string): Promise<void> {
  if (kernel.yes) return;
  const ask = kernel.interaction.confirm;
  if (ask === undefined) throw errors.SHIP_QUESTION_UNANSWERED({ question });
  if (!(await ask(question))) throw errors.SHIP_DECLINED({ question });
}

/** Asks, where the decision is to ask. Nobody there, or no answer: the run is left as it is. */
export async function settle(session: Session, context: FailureContext, failure: Failure, decision: Decision): Promise<Decision> {
  if (decision.action !== 'prompt') return decision;
  if (session.kernel.interaction.choose === undefined) return because(decision, 'nobody can be asked, so everything stays as it is');
  const answer = await ask(session, failure, decision);
  if (answer === undefined) return because(decision, 'nothing was answered, so everything stays as it is');
  const answered: Decision = { ...decision, answer };
  if (answer === 'full_rollback') return { ...answered, action: 'rollback', scope: 'full', via: viaOf(context) };
  if (answer === 'partial_rollback') return { ...answered, action: 'rollback', scope: 'partial', via: viaOf(context) };
  if (answer === 'continue') return { ...answered, action: 'warn', trigger: 'none' };
  return answered;
}

const because = (decision: Decision, reason: string): Decision => ({ ...decision, reasons: [...decision.reasons, reason] });

/** As often as somebody wants to look into it first. */
async function ask(session: Session, failure: Failure, decision: Decision): Promise<DecisionOption | undefined> {
  const { choose, show } = session.kernel.interaction;
  const { recommended } = decision;
  // A failed step, unlike a failed suite, can also be run again, or the run can go on without it.
  const options: DecisionOption[] = [...(failure.step === undefined ? [] : (['retry', 'continue'] as const)), ...decision.options];
  for (;;) {
    const answer = await choose?.(`${failure.severity} ${failure.trigger}. What now?`, options, recommended);
    if (answer !== 'investigate' || show === undefined) return answer;
    await show(guideOf(session, failure));
  }
}

/** What is known of the run so far, and what can be done about it later. */
function guideOf(session: Session, failure: Failure): InterventionGuide {
  const { kernel, record, journal } = session;
  const { store } = kernel.config;
  return {
    failure,
    evidence: session.state.evidence,
    steps: record.steps,
    resources: resourcesOf(session).kept,
    journal: kernel.withoutJournal
      ? 'none: it runs without one'
      : store === 'file'
        ? join(kernel.stateDir, journal.key)
        : `${journal.key} in store ${store}`,
    logs: logsFolder(session),
    commands: [
      { command: 'ship resume', does: 'goes on after the last finished step' },
      { command: 'ship rollback', does: 'takes the run back' },
    ],
  };
}
