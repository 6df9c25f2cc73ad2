import {
  type Action,
  type Check,
  type CheckOutcome,
  type Condition,
  definePlugin,
  type ExecResult,
  type Finding,
  type Json,
  type JsonSchema,
  type Probed,
  type StepContext,
} from '@ship/core';
import { isCommandFailed, lastLines } from '@ship/exec';
import { shellErrors } from './errors.js';
import { demandedVariables, namedVariables, type Place, pasteable, runScript, type Script, shown } from './script.js';

/** Commands of your own: as steps with an undo, as checks, as conditions. */
export default definePlugin({
  name: 'shell',
  ship: '^1',
  apply(ship) {
    ship.action('run', runAction);
    ship.check('run', runCheck);
    ship.condition('run', runCondition);
  },
});

const text = { type: 'string', minLength: 1 };
const words = { type: 'array', items: { type: 'string' }, minItems: 1 };
const place = {
  cwd: { ...text, description: 'The working folder, relative to the folder of the config.' },
  env: { type: 'object', additionalProperties: { type: 'string' }, description: 'Variables laid over the environment.' },
  shell: { type: 'boolean', description: '`false`: every command is a list of words. A list is read by no shell in any case.' },
};

/** Where no shell is wanted, a text would need one. */
function scripts(names: readonly string[]) {
  const wanted = { not: { properties: { shell: { const: false } }, required: ['shell'] } };
  return { allOf: [{ if: wanted, else: { properties: Object.fromEntries(names.map((name) => [name, words])) } }] };
}

/** A text for a shell, or a list of words that none reads. */
const script = (description: string) => ({ type: ['string', 'array'], items: { type: 'string' }, minLength: 1, minItems: 1, description });

/** The input of `uses: shell/run`. */
const runInput: JsonSchema = {
  $id: 'ship:shell/run',
  type: 'object',
  additionalProperties: false,
  required: ['run'],
  properties: {
    run: script('The command of the step.'),
    undo: script('Puts back what `run` changed. Gets what `capture` printed as $SHIP_CAPTURE. May be run more than once.'),
    capture: script('Prints what `undo` needs. Runs before `run`; only reads.'),
    probe: script('After a crash: exit 0 means done, 3 untouched, anything else partial: then the undo runs.'),
    irreversible: { ...text, description: 'Why the step cannot be undone.' },
    ...place,
  },
  ...scripts(['run', 'undo', 'capture', 'probe']),
};

const single = {
  type: 'object',
  additionalProperties: false,
  required: ['run'],
  properties: { run: script('Exit 0 means yes.'), ...place },
  ...scripts(['run']),
};

/** The input of `{ run: … }` in a suite. */
const checkInput: JsonSchema = { $id: 'ship:shell/check', ...single };

/** The argument of `when: { run: … }`. */
const conditionInput: JsonSchema = { $id: 'ship:shell/condition', anyOf: [text, single] };

/** The `with:` of `shell/run`. */
export interface RunInput extends Place {
  readonly run: Script;
  readonly undo?: Script;
  readonly capture?: Script;
  readonly probe?: Script;
  readonly shell?: boolean;
  readonly irreversible?: string;
}

/** The variables that the texts of a step name, as they were; null: it was not set. */
type Variables = Record<string, string | null>;

/** What `capture` printed, and the variables that the way back names; null where there is neither. */
export type Before = { output?: string; env?: Variables } | null;

/** How `run` went. */
type RunResult = { exit_code: number; output_tail: string };

const TAIL = 4 * 1024;
/** Linux takes no longer variable than 128 KiB with its name. */
const LONGEST_CAPTURE = 120 * 1024;

/** Commands as a step: `run` acts, `undo` puts back what `capture` saw. */
export const runAction: Action<RunInput, Before, RunResult> = {
  input: runInput,
  preview: (_ctx, input) => [{ kind: 'run', what: shown(input.run) }],
  async capture(ctx, input) {
    const output = input.capture === undefined ? {} : { output: await captured(ctx, input.capture, input) };
    const env = variablesOf(ctx, input);
    const before = { ...output, ...(Object.keys(env).length > 0 ? { env } : {}) };
    return Object.keys(before).length === 0 ? null : before;
  },
  async run(ctx, input) {
    const { exitCode, stdout } = await runScript(ctx, input.run, input, { output: 'combined' });
    return { exit_code: exitCode, output_tail: ctx.redact(stdout).slice(-TAIL) };
  },
  async probe(ctx, input, before) {
    if (input.probe === undefined) return 'partial';
    const { exitCode } = await runScript(ctx, input.probe, asThen(input, before), { env: capture(before), okExitCodes: 'any' });
    return PROBED[exitCode] ?? 'partial';
  },
  async restore(ctx, before, _result, input) {
    if (input.undo === undefined) return { changed: false, kept: 'no undo is given' };
    await runScript(ctx, input.undo, asThen(input, before), { output: 'combined', env: capture(before) });
    return { changed: true, summary: `ran ${shown(input.undo)}` };
  },
  describeUndo: ({ undo }) => (undo === undefined ? 'stays: no undo is given' : `runs ${shown(undo)}`),
  remedy: (input, before) =>
    input.undo === undefined ? undefined : pasteable(input.undo, input.cwd, { ...asThen(input, before).env, ...capture(before) }),
  admit: async (ctx, before, _result, input) => lostVariables(ctx, before, input),
  irreversible: (input) => input.irreversible,
};

/** What is merely not done may be half done, so that its undo runs: only a probe that knows better says `untouched`. */
const PROBED: Readonly<Record<number, Probed>> = { 0: 'done', 3: 'untouched' };

/** What the texts of the way back name, as it is now. A place of its own has variables of its own. */
function variablesOf({ place, env }: StepContext, { undo, probe }: RunInput): Variables {
  if (place.name !== 'local') return {};
  return Object.fromEntries(namedVariables([undo, probe]).map((name) => [name, env[name] ?? null]));
}

/** An undo has the variables that its step had: those of now may name another release, or nothing at all. */
function asThen(input: RunInput, before: Before | undefined): Place {
  const then = Object.entries(before?.env ?? {}).map(([name, value]) => [name, value ?? undefined] as const);
  return { ...input, env: { ...Object.fromEntries(then), ...input.env } };
}

/** A run of an earlier version recorded none: what is not set now would make another command of the undo. */
function lostVariables(ctx: StepContext, before: Before, { undo, env = {} }: RunInput): Finding[] {
  if (before?.env !== undefined || ctx.place.name !== 'local') return [];
  const lost = demandedVariables([undo]).filter((name) => ctx.env[name] === undefined && env[name] === undefined);
  if (lost.length === 0) return [];
  const message = `the undo of ${ctx.step.id} names ${lost.join(', ')}, which is not set: set it as it was in the run`;
  return [{ level: 'block', rule: 'variable-lost', message }];
}

function capture(before: Before | undefined): { SHIP_CAPTURE: string } {
  return { SHIP_CAPTURE: before?.output ?? '' };
}

/** What a `capture` prints, if it can be given back to `undo` unchanged. Else the step fails before it acts. */
async function captured(ctx: StepContext, script: Script, input: RunInput): Promise<string> {
  // What is captured is data, and may be secret: it is not shown.
  const { stdout, truncated } = await runScript(ctx, script, input, { maxBytes: LONGEST_CAPTURE * 2, onOutput: null });
  const output = stdout.replace(/\n+$/, '');
  const refuse = (problem: string) => shellErrors.SHIP_SHELL_CAPTURE({ step: ctx.step.id, problem });
  if (truncated || Buffer.byteLength(output) > LONGEST_CAPTURE) throw refuse(`it is longer than ${LONGEST_CAPTURE / 1024} KiB`);
  if (output.includes('\0')) throw refuse('it holds a NUL byte');
  if (output.includes('\uFFFD')) throw refuse('it is not UTF-8 text');
  return output;
}

/** The argument of the check and of the condition. */
interface ScriptInput extends Place {
  readonly run: Script;
  readonly shell?: boolean;
}

/** A shell's own exit codes: 126 not executable, 127 not found, 128 and the number of the signal that ended the command. */
const tellsNothing = (exitCode: number) => exitCode >= 126 && exitCode < 160;
const ANSWERS = Array.from({ length: 126 }, (_, exitCode) => exitCode);

/** `{ run: npm test }` in a suite: exit 0 passes, another exit fails, and what could not run is no answer. */
export const runCheck: Check<ScriptInput> = {
  input: checkInput,
  describe: ({ run }) => shown(run),
  async run(ctx, input) {
    try {
      return outcomeOf(await runScript(ctx, input.run, input, { output: 'combined', okExitCodes: 'any' }), (text) => ctx.redact(text));
    } catch (error) {
      if (!isCommandFailed(error)) throw error;
      return { outcome: 'errored', detail: error.message };
    }
  },
};

/** `when: { run: test -f flag }`: exit 0 holds. A command that cannot be started is an error, not a no. */
export const runCondition: Condition = {
  input: conditionInput,
  async holds(ctx, argument: Json) {
    const input = typeof argument === 'string' ? { run: argument } : (argument as unknown as ScriptInput);
    const { exitCode } = await runScript(ctx, input.run, input, { okExitCodes: ANSWERS });
    return exitCode === 0;
  },
};

function outcomeOf({ exitCode, stdout }: ExecResult, redact: (text: string) => string): CheckOutcome {
  if (exitCode === 0) return { outcome: 'passed' };
  const detail = [`exited with ${exitCode}`, lastLines(stdout, redact)].filter(Boolean).join('\n');
  return { outcome: tellsNothing(exitCode) ? 'errored' : 'failed', detail };
}
