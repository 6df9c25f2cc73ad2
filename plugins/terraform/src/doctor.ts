import { existsSync } from 'node:fs';
import { type CommandContext, type Examination, type Finding, isShipError } from '@ship/core';
import { leftInPlace } from './files/in-place.js';
import { liveTerraform, lockLive, unsavedState } from './files/working-folder.js';
import { type Options, type Stack, type StackInput, stackOf } from './stack.js';
import { lockedBy } from './tool/diagnostics.js';
import { findTool, type Tool } from './tool/tool.js';

/** What `ship doctor` looks at: the tool, states that could not be saved, and locks that somebody holds. */
export function terraformExamination(options: Options): Examination {
  return {
    async mend(ctx) {
      const left = leftInPlace(ctx);
      if (left === undefined) return [];
      (await lockLive(ctx))();
      return [`the files of ${left.what} are today's again`];
    },
    async examine(ctx) {
      const stacks = stacksOf(ctx, options);
      if (stacks.length === 0) return [];
      try {
        const tool = await findTool(ctx, options.binary);
        const left = leftInPlace(ctx);
        if (left !== undefined) return [finding('block', leftMessage(left.what))];
        const found = await Promise.all(stacks.map((stack) => examineStack(ctx, stack, tool)));
        return [finding('info', `${tool.kind} ${tool.version} (${tool.path})`), ...found.flat()];
      } catch (error) {
        if (!isShipError(error)) throw error;
        return [finding('block', withHint(error.message, error.hint))];
      }
    },
  };
}

const finding = (level: Finding['level'], message: string): Finding => ({ level, rule: 'terraform', message });
const leftMessage = (what: string): string =>
  `the files of ${what} are not today's: a process that is gone had put others in their place. \`ship recover\` puts them back, as the next deploy or rollback does`;
const withHint = (message: string, hint: string | undefined): string => (hint === undefined ? message : `${message}. ${hint}`);

function stacksOf(ctx: CommandContext, options: Options): Stack[] {
  const steps = ctx.config.steps.filter(({ uses }) => uses.startsWith('terraform/'));
  const stacks = steps.map((step) => stackOf(ctx, options, step.with as StackInput));
  return [...new Map(stacks.map((stack) => [stack.name, stack])).values()];
}

async function examineStack(ctx: CommandContext, stack: Stack, tool: Tool): Promise<Finding[]> {
  const unsaved = unsavedState(stack.cwd);
  const left =
    unsaved === undefined
      ? []
      : [
          finding(
            'block',
            `${unsaved} holds a state that could not be saved. \`${tool.kind} state push errored.tfstate\` in its folder, then remove it`,
          ),
        ];
  return [...left, ...(await lockOf(ctx, stack, tool))];
}

/** What to do about a lock depends on who can still hold it. */
async function lockOf(ctx: CommandContext, stack: Stack, tool: Tool): Promise<Finding[]> {
  const { dir } = stack;
  const terraform = liveTerraform(ctx, stack, tool);
  if (!existsSync(terraform.place.dataDir)) return [finding('info', `${dir}: nothing was applied from here yet`)];
  try {
    const lock = await terraform.heldLock();
    if (lock === undefined) return [finding('info', `${dir}: the state is not locked`)];
    const advice =
      'A lock in a file or in PostgreSQL ends with its holder. Others stay when their holder is killed: once you are sure that nobody is at work, ' +
      `\`${tool.kind} force-unlock ID\` in ${dir} removes it. ship never does`;
    return [finding('warn', `the state of ${dir} is ${lockedBy(lock)}. ${advice}`)];
  } catch (error) {
    if (!isShipError(error)) throw error;
    return [finding('warn', `${dir}: ${error.message}`)];
  }
}
