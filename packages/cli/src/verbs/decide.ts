import { readFileSync } from 'node:fs';
import {
  type Decision,
  FAILURE_TYPES,
  type FailureContext,
  type JsonSchema,
  type Report,
  SchemaChecker,
  SEVERITIES,
  SUITES,
  TRIGGERS,
} from '@ship/core';
import {
  decide as decideAbout,
  emptyReport,
  foldJournal,
  type Kernel,
  ROLLBACK_DEFAULTS,
  readJournal,
  rulesOf,
  runIds,
} from '@ship/core/kernel';
import type { Flags } from '../arguments.js';
import { errors } from '../errors.js';
import { answerOf, openFromFlags } from '../open.js';
import type { Terminal } from '../terminal.js';
import { drawTree } from '../view/format.js';

/** `ship decide`: what would be decided about a failure, that of a file or that of a past run. Touches nothing. */
export function decide(terminal: Terminal, flags: Flags): Promise<Report> {
  if (flags.context !== undefined) return decideFile(terminal, flags.context);
  if (flags.replay !== undefined) return replayRun(terminal, flags, flags.replay);
  throw errors.SHIP_USAGE({
    problem: '`ship decide` needs a failure to decide about',
    hint: 'Write `ship decide --context FILE` (`-` reads stdin), or `ship decide --replay RUN`.',
  });
}

async function decideFile(terminal: Terminal, file: string): Promise<Report> {
  const source = file === '-' ? 'stdin' : file;
  const decision = decideAbout(await readContext(new SchemaChecker(), parse(source, read(file, source)), source));
  show(terminal, 'Decision', decision);
  return answered(emptyReport('decide', new Date()), decision);
}

async function replayRun(terminal: Terminal, flags: Flags, given: string): Promise<Report> {
  const kernel = await openFromFlags(terminal, flags);
  const { run, recorded, now, context } = await replay(kernel, given);
  show(terminal, `Then, in ${run}`, recorded);
  show(terminal, 'Now', now);
  return { ...answered(answerOf(kernel, 'decide', {}), now), result: { run, recorded, context } as never };
}

/** The decision stands in the report as that of a run does, and its fields stand beside it, for scripts. */
const answered = (report: Report, decision: Decision): Report => ({ ...report, decision, ...decision });

function read(file: string, source: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    throw errors.SHIP_CONTEXT_UNREADABLE({ source, reason: (cause as Error).message }, { cause });
  }
}

function parse(source: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw errors.SHIP_CONTEXT_UNREADABLE({ source, reason: `it is no JSON: ${(cause as Error).message}` }, { cause });
  }
}

function show({ line, paint }: Terminal, title: string, { severity, action, scope, via, options, recommended, reasons }: Decision): void {
  const how = action === 'rollback' ? `${scope} rollback by ${via}` : action;
  const choice = (option: string) => (option === recommended ? `${option} (recommended)` : option);
  const tree = {
    text: `${paint.bold(`${title}:`)} ${severity}, ${how}`,
    children: [
      ...(options.length > 0 ? [{ text: `Options: ${options.map(choice).join(', ')}` }] : []),
      ...reasons.map((text) => ({ text: paint.dim(text) })),
    ],
  };
  for (const each of drawTree(tree)) line(each);
}

/** A past decision, and what would be decided today. */
interface Replayed {
  readonly run: string;
  /** What was known then. */
  readonly context: FailureContext;
  /** What was decided then, with the answer of whoever was asked. */
  readonly recorded: Decision;
  /** What today's config decides about it, with the flags that are given now, or those of then. */
  readonly now: Decision;
}

/** Asks today's rules about the failure of a past run. */
async function replay(kernel: Kernel, given: string): Promise<Replayed> {
  const run = await findRun(kernel, given);
  const { store, config } = kernel;
  const { context, decision } = foldJournal((await readJournal(store, config.environment, run)).entries);
  if (decision === undefined || context === undefined) throw errors.SHIP_REPLAY_NOTHING({ run, decided: decision !== undefined });
  return { run, context, recorded: decision, now: decideAbout(asToday(kernel, context)) };
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
async function readContext(checker: SchemaChecker, written: unknown, source: string): Promise<FailureContext> {
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
