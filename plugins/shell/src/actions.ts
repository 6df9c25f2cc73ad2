import type { Action, Probed, StepContext } from '@ship/core';
import { pasteable, type Script, shown } from './commands.js';
import { shellErrors } from './errors.js';
import { runInput } from './schema.js';
import { type Place, runScript } from './script.js';

/** The `with:` of `shell/run`. */
export interface RunInput extends Place {
  readonly run: Script;
  readonly undo?: Script;
  readonly capture?: Script;
  readonly probe?: Script;
  readonly shell?: boolean;
  readonly irreversible?: string;
}

/** What `capture` printed; null where there is none. */
export type Before = { output: string } | null;

/** How `run` went. */
export type RunResult = { exit_code: number; output_tail: string };

const TAIL = 4 * 1024;
/** Linux takes no longer variable than 128 KiB with its name. */
const LONGEST_CAPTURE = 120 * 1024;

/** Commands as a step: `run` acts, `undo` puts back what `capture` saw. */
export const runAction: Action<RunInput, Before, RunResult> = {
  input: runInput,
  preview: (_ctx, input) => [{ kind: 'run', what: shown(input.run) }],
  capture: async (ctx, input) => (input.capture === undefined ? null : { output: await captured(ctx, input.capture, input) }),
  async run(ctx, input) {
    const { exitCode, stdout } = await runScript(ctx, input.run, input, { output: 'combined' });
    return { exit_code: exitCode, output_tail: ctx.redact(stdout).slice(-TAIL) };
  },
  async probe(ctx, input, before) {
    if (input.probe === undefined) return 'partial';
    const { exitCode } = await runScript(ctx, input.probe, input, { env: capture(before), okExitCodes: 'any' });
    return PROBED[exitCode] ?? 'partial';
  },
  async restore(ctx, before, _result, input) {
    if (input.undo === undefined) return { changed: false, kept: 'no undo is given' };
    await runScript(ctx, input.undo, input, { output: 'combined', env: capture(before) });
    return { changed: true, summary: `ran ${shown(input.undo)}` };
  },
  describeUndo: ({ undo }) => (undo === undefined ? 'stays: no undo is given' : `runs ${shown(undo)}`),
  remedy: ({ undo, cwd, env }, before) => (undo === undefined ? undefined : pasteable(undo, cwd, { ...env, ...capture(before) })),
  irreversible: (input) => input.irreversible,
};

/** What is merely not done may be half done, so that its undo runs: only a probe that knows better says `untouched`. */
const PROBED: Readonly<Record<number, Probed>> = { 0: 'done', 3: 'untouched' };

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
