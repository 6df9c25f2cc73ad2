import { errors } from '../errors/catalogue.js';
import { decide, rulesOf } from '../failure/decide.js';
import { foldJournal } from '../journal/fold.js';
import { readJournal } from '../journal/read.js';
import type { Kernel } from '../kernel.js';
import type { Decision, FailureContext } from '../types/index.js';
import { runIds } from './run-files.js';

/** A past decision, and what would be decided today. */
export interface Replayed {
  readonly run: string;
  /** What was known then. */
  readonly context: FailureContext;
  /** What was decided then, with the answer of whoever was asked. */
  readonly recorded: Decision;
  /** What today's config decides about it, with the flags that are given now, or those of then. */
  readonly now: Decision;
}

/** `ship decide --replay`: asks today's rules about the failure of a past run. Touches nothing. */
export async function replay(kernel: Kernel, given: string): Promise<Replayed> {
  const run = await findRun(kernel, given);
  const { store, config } = kernel;
  const { context, decision } = foldJournal((await readJournal(store, config.environment, run)).entries);
  if (decision === undefined || context === undefined) throw errors.SHIP_REPLAY_NOTHING({ run, decided: decision !== undefined });
  return { run, context, recorded: decision, now: decide(asToday(kernel, context)) };
}

function asToday({ config, flags }: Kernel, past: FailureContext): FailureContext {
  const given = Object.values(flags).some(Boolean);
  return { ...past, flags: given ? flags : past.flags, rollback: rulesOf(config.rollback) };
}

/** By its whole id, or a start that no other run has. */
async function findRun(kernel: Kernel, given: string): Promise<string> {
  const ids = await runIds(kernel);
  const matches = ids.includes(given) ? [given] : ids.filter((id) => given !== '' && id.startsWith(given));
  if (matches.length === 1) return matches[0]!;
  throw errors.SHIP_RUN_UNKNOWN({ given, matches: matches.slice(0, 5), newest: ids.slice(0, 3), environment: kernel.config.environment });
}
