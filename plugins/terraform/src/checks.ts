import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Context, PlanReview, Step } from '@ship/core';
import { blocksIn } from './blocks.js';
import { type Options, type Stack, type StackInput, stackOf } from './stack.js';
import { findTool, type Tool } from './tool.js';
import { liveTerraform } from './working-folder.js';

/** Reports everything that is wrong with the configurations of a plan, before anything is touched. */
export async function checkPlan({ plan, purpose, finding, positionOf }: PlanReview, ctx: Context, options: Options): Promise<void> {
  if (purpose === 'rollback') return;
  const steps = plan.steps.filter(({ uses }) => uses.startsWith('terraform/'));
  if (steps.length === 0) return;
  const tool = await findTool(ctx, options.binary);
  for (const step of steps) {
    const index = plan.config.steps.findIndex(({ id }) => id === step.id);
    const position = positionOf(['steps', index, 'with', 'dir']);
    for (const message of await problemsOf(step, ctx, options, tool))
      finding({ level: 'block', rule: 'terraform-configuration', message: `step ${step.id}: ${message}`, position });
  }
}

async function problemsOf(step: Step, ctx: Context, options: Options, tool: Tool): Promise<string[]> {
  const input = step.input as StackInput;
  const dirs = [input.dir, options.environments?.[ctx.environment]?.dir, options.dir];
  if (dirs.every((dir) => dir === undefined))
    return ['`dir` names the folder of the configuration, in the step or in the options of the plugin'];
  const stack = stackOf(ctx, options, input);
  const missing = missingFiles(stack);
  if (missing.length > 0) return missing;
  try {
    await liveTerraform(ctx, stack, tool).checkSyntax();
  } catch (error) {
    return [(error as Error).message];
  }
  return step.uses === 'terraform/output' ? [] : missingVariables(stack, ctx.env);
}

function missingFiles({ cwd, dir, varFiles }: Stack): string[] {
  if (!existsSync(cwd) || !statSync(cwd).isDirectory()) return [`${dir} is no folder`];
  if (configurationFiles(cwd).length === 0) return [`${dir} holds no configuration: there is no file *.tf in it`];
  return varFiles.filter((file) => !existsSync(file)).map((file) => `the file with variables ${file} is not there`);
}

const configurationFiles = (cwd: string): string[] => readdirSync(cwd).filter((name) => /\.(?:tf|tofu)(?:\.json)?$/.test(name));

/** Variables that have no default and no value. A file of values that mentions one is assumed to set it. */
function missingVariables({ cwd, vars, varFiles }: Stack, env: Context['env']): string[] {
  const automatic = readdirSync(cwd).filter((name) => /^terraform\.tfvars(?:\.json)?$|\.auto\.tfvars(?:\.json)?$/.test(name));
  const given = [...automatic.map((name) => join(cwd, name)), ...varFiles].map((file) => readFileSync(file, 'utf8')).join('\n');
  const isGiven = (name: string) =>
    name in vars || env[`TF_VAR_${name}`] !== undefined || new RegExp(`(?:^|[\\s"{,])${name}"?\\s*[=:]`, 'm').test(given);
  return configurationFiles(cwd)
    .filter((name) => name.endsWith('.tf'))
    .flatMap((name) =>
      blocksIn(readFileSync(join(cwd, name), 'utf8')).flatMap(({ type, labels: [variable = ''], body, line }) =>
        type === 'variable' && !/^\s*default\s*=/m.test(body) && !isGiven(variable)
          ? [
              `${name}:${line}: the variable ${variable} has no value: give it in \`vars\`, in a file of \`var_files\`, or as TF_VAR_${variable}`,
            ]
          : [],
      ),
    );
}
