import type { Argv, Context } from '@ship/core';
import { errors } from '../errors.js';

/** The version of Helm where the step runs. Throws SHIP_HELM_MISSING where there is none, or none that is known. */
export async function demandHelm(ctx: Pick<Context, 'exec'>): Promise<string> {
  let said: string;
  try {
    said = (await ctx.exec(['helm', 'version', '--template={{.Version}}'], { onOutput: null })).stdout.trim();
  } catch (error) {
    throw errors.SHIP_HELM_MISSING({ problem: (error as Error).message }, { cause: error });
  }
  if (!/^v?[34]\./.test(said)) throw errors.SHIP_HELM_MISSING({ problem: `${JSON.stringify(said)} is a version that is not known` });
  return said;
}

/** Helm itself ends at its own timeout; this much later ship ends it. */
const GRACE_MS = 20_000;
/** A chart may make hundreds of objects. */
const MOST_BYTES = 64 * 1024 * 1024;

/** What a command prints that changes nothing. Throws SHIP_HELM_COMMAND with its words. */
export async function printedBy(ctx: Pick<Context, 'exec'>, argv: Argv, release: string): Promise<string> {
  const { exitCode, stdout, stderr } = await ctx.exec(argv, {
    okExitCodes: 'any',
    timeoutMs: GRACE_MS,
    maxBytes: MOST_BYTES,
    onOutput: null,
  });
  if (exitCode !== 0)
    throw errors.SHIP_HELM_COMMAND({ verb: argv[1]!, release, problem: problemIn(stderr) || `it ended with ${exitCode}` });
  return stdout;
}

/** Runs a command that changes the release. Its lines are shown. Throws SHIP_HELM_COMMAND with its words. */
export async function runHelm(ctx: Pick<Context, 'exec'>, argv: Argv, release: string, timeoutMs: number): Promise<void> {
  const { exitCode, stdout } = await ctx.exec(argv, { output: 'combined', okExitCodes: 'any', timeoutMs: timeoutMs + GRACE_MS });
  if (exitCode !== 0)
    throw errors.SHIP_HELM_COMMAND({ verb: argv[1]!, release, problem: problemIn(stdout) || `it ended with ${exitCode}` });
}

/** All that Helm says from `Error:` on: the fields that are in conflict stand below it. */
export function problemIn(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const at = lines.findLastIndex((line) => /^Error:/.test(line));
  return lines
    .slice(at)
    .join('\n')
    .replace(/^Error: /, '');
}
