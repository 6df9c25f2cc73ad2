import { ROLLBACK_DEFAULTS } from '../config/rollback.js';
import { errors } from '../errors/catalogue.js';
import type { SchemaChecker } from '../plugins/schema.js';
import { FAILURE_TYPES, type FailureContext, type JsonSchema, SEVERITIES, SUITES, TRIGGERS } from '../types/index.js';
import { rulesOf } from './decide.js';

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
