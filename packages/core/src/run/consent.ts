import { errors } from '../errors/catalogue.js';
import type { Kernel } from '../kernel.js';
import type { Plan } from '../types/index.js';

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
