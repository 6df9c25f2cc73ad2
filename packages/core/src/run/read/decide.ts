import { ROLLBACK_DEFAULTS } from '../../config/normalize.js';
import { errors } from '../../errors/catalogue.js';
import { decide, rulesOf } from '../../failure.js';
import { readJournal } from '../../journal/journal.js';
import { foldJournal } from '../../journal/state.js';
import type { Kernel } from '../../kernel.js';
import type { SchemaChecker } from '../../plugins/schema.js';
import { type Decision, FAILURE_TYPES, type FailureContext, type JsonSchema, SEVERITIES, SUITES, TRIGGERS } from '../../types/index.js';
import { runIds } from '../environment-state.js';

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

const flag = { type: 'boolean' };
const only = (properties: Record<string, unknown>, required: readonly string[] = []): JsonSchema => ({
  type: 'object',
  required: [...required],
  properties: properties as JsonSchema,
  additionalProperties: false,
});

/** What a file for `ship decide` holds. */
export const CONTEXT_SCHEMA: JsonSchema = {
  $id: 'ship:failure-context',
  ...only(
    {
      failure: only(
        {
          trigger: { type: 'string', enum: [...TRIGGERS] },
          type: { type: 'string', enum: [...FAILURE_TYPES] },
          component: { type: 'string' },
          step: { type: 'string' },
          suite: { type: 'string', enum: [...SUITES] },
          message: { type: 'string' },
          step_kind: { type: 'string', enum: ['critical', 'recoverable', 'continue_on_error'] },
        },
        ['trigger'],
      ),
      flags: only({ auto_rollback: flag, no_auto_rollback: flag, no_rollback: flag }),
      rollback: only({
        enabled: flag,
        auto_on_failure: flag,
        partial_enabled: flag,
        instant_rollback: flag,
        severity: only(Object.fromEntries(TRIGGERS.map((trigger) => [trigger, { type: 'string', enum: [...SEVERITIES] }]))),
      }),
      component: only({ core: flag, partial_admitted: flag }),
      router: flag,
    },
    ['failure'],
  ),
};

/** Reads what somebody wrote; what is left out is as in a config that says nothing. Throws SHIP_CONTEXT_INVALID with all mistakes. */
export async function readContext(checker: SchemaChecker, written: unknown, source: string): Promise<FailureContext> {
  const given = withoutNulls(written);
  const mistakes = await checker.check(CONTEXT_SCHEMA, given, { plugin: 'ship', what: 'a failure context' });
  if (mistakes.length > 0) throw errors.SHIP_CONTEXT_INVALID({ source, mistakes });
  const {
    failure,
    flags = {},
    rollback = {},
    component,
    router = false,
  } = given as Partial<FailureContext> & Pick<FailureContext, 'failure'>;
  return {
    failure,
    flags,
    rollback: { ...rulesOf(ROLLBACK_DEFAULTS), ...rollback },
    ...(component ? { component: { ...{ core: false, partial_admitted: false }, ...component } } : {}),
    router,
  };
}

/** In JSON many write null for what is not there. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const kept = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutNulls(item)]));
}
