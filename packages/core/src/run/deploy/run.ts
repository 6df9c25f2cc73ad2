import { errors } from '../../errors/catalogue.js';
import type { Kernel } from '../../kernel.js';
import type { Report } from '../../types/index.js';
import { askConsent } from '../consent.js';
import { type RunOptions, withSession } from '../open.js';
import { makePlan } from '../read/plan.js';
import { recoverFirst } from '../recover/recover.js';
import { endOf, finish } from './finish.js';
import { afterRun, runPipeline } from './pipeline.js';

/** Deploys: plan, consent, lease, steps, verification; on a failure the way back. Resolves to the report of the run. */
export async function run(kernel: Kernel, options: RunOptions): Promise<Report> {
  const plan = await makePlan(kernel);
  if (plan.steps.length === 0) throw errors.SHIP_NOTHING_TO_DO({ file: kernel.config.file });
  await askConsent(kernel, plan);
  await recoverFirst(kernel, options);
  return withSession(kernel, plan, options, async (session) => {
    session.emit({ type: 'run-started', run: session.id, plan });
    if (kernel.withoutJournal) session.warn('without a journal: nobody else is kept away, and what a crash leaves cannot be recovered');
    for (const { level, message } of plan.findings) if (level === 'warn') session.warn(message);
    const ending = await endOf(session, () => runPipeline(session));
    await afterRun(session, ending.status);
    return finish(session, 'deploy', ending);
  });
}
