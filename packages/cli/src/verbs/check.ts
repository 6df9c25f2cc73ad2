import { type Finding, isShipError, type Json, type Report, SUITES } from '@ship/core';
import {
  environmentStatus,
  examine,
  formatPosition,
  type Kernel,
  look,
  makePlan,
  mend,
  preview,
  questionsOf,
  toReported,
} from '@ship/core/kernel';
import type { Flags } from '../arguments.js';
import { lookFindings } from '../look.js';
import { answerOf, openToRead } from '../open.js';
import { interruptible } from '../process.js';
import type { Terminal } from '../terminal.js';
import { marks } from '../view/format.js';
import { flatten, showError } from '../view/report.js';

/** `ship validate`: config, plugins, inputs. Touches nothing. */
export async function validate(terminal: Terminal, flags: Flags): Promise<Report> {
  const { line, paint } = terminal;
  const kernel = await openToRead(terminal, flags, { lenient: false });
  const { config } = kernel;
  const { steps, components, findings } = await makePlan(kernel, 'preview');
  const checks = SUITES.reduce((count, suite) => count + config.verify[suite].length, 0);
  const counts = { steps: steps.length, components: components.length, checks };
  line(
    `${paint.green('✓')} ${config.file} is valid: ${Object.entries(counts)
      .map(([what, count]) => `${count} ${count === 1 ? what.slice(0, -1) : what}`)
      .join(', ')}, for ${config.environment}`,
  );
  const warnings = showFindings(terminal, findings);
  if (steps.length === 0) line(`${paint.yellow('!')} it has no steps: \`ship\` would have nothing to do`);
  return answerOf(kernel, 'validate', { warnings, result: { file: config.file, ...counts } });
}

/** `--dry-run`: shows each step, what it touches, how it would be undone, and what would be asked first. */
export async function dryRun(terminal: Terminal, kernel: Kernel): Promise<Report> {
  const { line, paint } = terminal;
  const { config } = kernel;
  const made = await makePlan(kernel, 'preview');
  const failed: unknown[] = [];
  const plan = await preview(kernel, made, (error) => failed.push(error));
  line(`${paint.bold(config.project)} -> ${paint.bold(config.environment)} ${paint.dim('dry run: nothing is touched')}`);
  const questions = kernel.yes ? [] : questionsOf(kernel, made);
  for (const question of questions) line(`${paint.yellow('?')} ${question} ${paint.dim('asked first; `--yes` answers beforehand')}`);
  for (const { id, changes, undo, needs, component } of plan) {
    const after = needs.length === 0 ? '' : paint.dim(` after ${needs.join(', ')}`);
    line(`${paint.cyan('→')} ${paint.bold(id)}${component ? ` (${component})` : ''}${after}`);
    for (const { kind, what } of changes) line(`    ${kind.padEnd(8)}${what}`);
    line(paint.dim(`    undo    ${undo}`));
  }
  if (plan.length === 0) line('There are no steps.');
  const warnings = showFindings(terminal, made.findings);
  const redact = (text: string) => kernel.redactor.redact(text);
  for (const error of failed) showError(terminal, error, redact);
  const [first] = failed;
  const refused = { status: 'refused', exit_code: isShipError(first) ? first.exitCode : FOUND } as const;
  return answerOf(kernel, 'dry-run', {
    dry_run: true,
    plan,
    questions,
    warnings,
    ...(failed.length === 0 ? {} : { ...refused, errors: failed.map((error) => toReported(error, redact)) }),
  });
}

/** Shows what was found in the plan, and returns it as the warnings of a report. */
function showFindings({ line, paint }: Terminal, findings: readonly Finding[]): string[] {
  return findings.map(({ level, message, position }) => {
    const shown = position === undefined ? message : `${formatPosition(position)} ${message}`;
    line(`${level === 'info' ? paint.dim('-') : paint.yellow('!')} ${shown}`);
    return shown;
  });
}

/** Something keeps the environment from being deployed or taken back; nothing was touched. */
const FOUND = 2;

/** `ship doctor`: what is wrong with an environment, and what to do about it. Touches nothing, unless `--fix` asks for it. */
export function doctor(terminal: Terminal, flags: Flags, command: string): Promise<Report> {
  const { line, paint } = terminal;
  return interruptible(terminal, async ({ signal }) => {
    const kernel = await openToRead(terminal, flags);
    const { project, environment } = kernel.config;
    line(`${paint.bold(project)} -> ${paint.bold(environment)}`);
    const mended = flags.fix ? await mend(kernel, { command, signal }) : [];
    const [plugins, live, { deployed }] = await Promise.all([examine(kernel, signal), look(kernel, signal), environmentStatus(kernel)]);
    // Whoever makes a plan adds to the mistakes of the config, which have been looked at by now.
    const planned = await planFindings(kernel);
    const found = [...mended, ...plugins, ...planned, ...lookFindings(live, deployed, plugins)];
    for (const { level, rule, message } of found) line(`  ${marks(paint)[level]} ${rule === 'mended' ? 'mended: ' : ''}${message}`);
    const blocks = found.filter(({ level }) => level === 'block').length;
    const warnings = found.filter(({ level }) => level === 'warn').map(({ message }) => message);
    line(verdict(blocks, warnings.length));
    return answerOf(kernel, 'doctor', {
      warnings,
      result: found as unknown as Json,
      ...(blocks > 0 ? { status: 'refused', exit_code: FOUND } : {}),
    });
  });
}

/** What a deploy would be told about the plan. Mistakes of the config are among what was examined already. */
async function planFindings(kernel: Kernel): Promise<Finding[]> {
  if (!kernel.diagnostics.isEmpty) return [];
  try {
    const { findings } = await makePlan(kernel, 'preview');
    return findings.filter(({ level }) => level !== 'info');
  } catch (error) {
    const reported = flatten(error).map((each) => toReported(each, (text) => kernel.redactor.redact(text)));
    return reported.map(({ code, message }) => ({ level: code === UNSET ? 'info' : 'block', rule: 'plan', message }));
  }
}

/** Who only looks, or goes back, need not set what a deploy needs. */
const UNSET = 'SHIP_CONFIG_UNSET_VARIABLE';

function verdict(blocks: number, warnings: number): string {
  if (blocks > 0) return `${blocks} to be mended before anything is deployed`;
  return warnings > 0 ? `${warnings} to look at; nothing keeps a run from starting` : 'all is well';
}
