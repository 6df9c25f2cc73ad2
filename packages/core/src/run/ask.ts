import { viaOf } from '../failure/decide.js';
import type { Decision, DecisionOption, Failure, FailureContext } from '../types/index.js';
import { guideOf } from './guide.js';
import type { Session } from './session.js';

/** Asks, where the decision is to ask. Nobody there: the run is left as it is. */
export async function settle(session: Session, context: FailureContext, failure: Failure, decision: Decision): Promise<Decision> {
  if (decision.action !== 'prompt') return decision;
  if (session.kernel.interaction.choose === undefined)
    return { ...decision, reasons: [...decision.reasons, 'nobody can be asked, so everything stays as it is'] };
  const answer = await ask(session, failure, decision);
  const answered: Decision = {
    ...decision,
    ...(answer === undefined ? {} : { answer }),
    reasons: [...decision.reasons, `answered: ${answer ?? 'nothing'}`],
  };
  if (answer === 'full_rollback') return { ...answered, action: 'rollback', scope: 'full', via: viaOf(context) };
  if (answer === 'partial_rollback') return { ...answered, action: 'rollback', scope: 'partial', via: viaOf(context) };
  if (answer === 'continue') return { ...answered, action: 'warn', trigger: 'none' };
  return answered;
}

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
