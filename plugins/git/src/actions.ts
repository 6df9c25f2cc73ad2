import type { RunContext } from '@ship/core';
import { readFacts } from './facts.js';
import { demandBranch, demandChanges, demandClean } from './veto.js';

/** The options in `plugins: [{ git: … }]`. */
export interface GitOptions {
  readonly require_clean?: boolean;
  readonly allowed_branches?: readonly string[];
}

/** Adds the facts of the repository to the run, and vetoes it where the options say so. */
export async function openRun(run: RunContext, options: GitOptions): Promise<void> {
  const facts = await readFacts(run);
  for (const name of ['branch', 'sha', 'tag'] as const) {
    const value = facts?.[name];
    if (value !== undefined) run.fact(name, value);
  }
  if (options.allowed_branches !== undefined) demandBranch(facts, options.allowed_branches);
  if (options.require_clean === true) {
    await demandClean(run, facts);
    run.fact('dirty', 'false');
  } else if (asksForDirty(run)) {
    run.fact('dirty', String((await demandChanges(run, facts, 'when: dirty')).length > 0));
  }
}

/** Asking git takes time in a big tree, so it is asked only where a step of this environment wants to know, and once. */
function asksForDirty({ plan, environment }: RunContext): boolean {
  return plan.steps.some(
    ({ when }) => when !== undefined && 'dirty' in when && [when.environment ?? environment].flat().includes(environment),
  );
}
