import { errors } from '../errors/catalogue.js';
import type { Kernel } from '../kernel.js';
import type { Plan } from '../types/index.js';

/** Asks what must be asked before anything is touched: approval of the environment, and consent to what cannot be undone. */
export async function askConsent(kernel: Kernel, plan: Plan): Promise<void> {
  const { approval, environment } = kernel.config;
  if (approval === 'required') await confirm(kernel, `Deploy to ${environment}?`);
  const irreversible = plan.steps.filter((step) => step.irreversible !== undefined);
  if (irreversible.length === 0) return;
  const list = irreversible.map(({ id, irreversible: why }) => `${id} (${why})`).join(', ');
  await confirm(
    kernel,
    `${irreversible.length === 1 ? 'A step' : 'Some steps'} cannot be undone: ${list}. Run ${irreversible.length === 1 ? 'it' : 'them'}?`,
  );
}

/** A yes, from `--yes` or a person. A no, or nobody to ask, throws. */
export async function confirm(kernel: Kernel, question: string): Promise<void> {
  if (kernel.yes) return;
  const ask = kernel.interaction.confirm;
  if (ask === undefined) throw errors.SHIP_QUESTION_UNANSWERED({ question });
  if (!(await ask(question))) throw errors.SHIP_DECLINED({ question });
}
