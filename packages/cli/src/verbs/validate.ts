import { type Report, SUITES } from '@ship/core';
import { makePlan } from '@ship/core/kernel';
import { answerOf } from '../answer.js';
import type { Flags } from '../arguments.js';
import { openFromFlags } from '../open.js';
import type { Terminal } from '../terminal.js';
import { showFindings } from '../view/findings.js';

/** `ship validate`: config, plugins, inputs. Touches nothing. */
export async function validate(terminal: Terminal, flags: Flags): Promise<Report> {
  const { line, paint } = terminal;
  const kernel = await openFromFlags(flags);
  const { config } = kernel;
  const { steps, components, findings } = await makePlan(kernel);
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
