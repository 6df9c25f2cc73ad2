import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Context, PlanReview, Step } from '@ship/core';
import { configurationFiles, type Module, readFile, readModule } from './files/hcl.js';
import { lockLive } from './files/working-folder.js';
import { type Options, type Stack, type StackInput, stackOf } from './stack.js';
import { findTool } from './tool/tool.js';

/** Reports everything that is wrong with the configurations of a plan, before anything is touched. */
export async function checkPlan({ plan, purpose, finding, positionOf }: PlanReview, ctx: Context, options: Options): Promise<void> {
  if (purpose === 'rollback') return;
  const steps = plan.steps.filter(({ uses }) => uses.startsWith('terraform/'));
  if (steps.length === 0) return;
  await findTool(ctx, options.binary);
  for (const step of steps) {
    const index = plan.config.steps.findIndex(({ id }) => id === step.id);
    const position = positionOf(['steps', index, 'with', 'dir']);
    for (const message of await problemsOf(step, ctx, options))
      finding({ level: 'block', rule: 'terraform-configuration', message: `step ${step.id}: ${message}`, position });
  }
}

async function problemsOf(step: Step, ctx: Context, options: Options): Promise<string[]> {
  const input = step.input as StackInput;
  const dirs = [input.dir, options.environments?.[ctx.environment]?.dir, options.dir];
  if (dirs.every((dir) => dir === undefined))
    return ['`dir` names the folder of the configuration, in the step or in the options of the plugin'];
  const stack = stackOf(ctx, options, input);
  const missing = missingFiles(stack);
  if (missing.length > 0) return missing;
  const free = await lockLive(ctx);
  try {
    const module = await readModule(stack.cwd);
    return step.uses === 'terraform/output' ? [] : await missingVariables(module, stack, ctx.env);
  } catch (error) {
    return [(error as Error).message];
  } finally {
    free();
  }
}

function missingFiles({ cwd, dir, varFiles }: Stack): string[] {
  if (!existsSync(cwd) || !statSync(cwd).isDirectory()) return [`${dir} is no folder`];
  if (configurationFiles(cwd).length === 0) return [`${dir} holds no configuration: there is no file *.tf in it`];
  return varFiles.filter((file) => !existsSync(file)).map((file) => `the file with variables ${file} is not there`);
}

/** Variables that have no default and no value. Of a file of values that cannot be read, such as one that is encrypted, nobody knows what it sets. */
async function missingVariables({ blocks }: Module, { cwd, vars, varFiles }: Stack, env: Context['env']): Promise<string[]> {
  const automatic = readdirSync(cwd).filter((name) => /^terraform\.tfvars(?:\.json)?$|\.auto\.tfvars(?:\.json)?$/.test(name));
  const files = await Promise.all(
    [...automatic.map((name) => join(cwd, name)), ...varFiles].map((file) => readFile(file).catch(() => undefined)),
  );
  if (files.includes(undefined)) return [];
  const isGiven = (name: string) => name in vars || env[`TF_VAR_${name}`] !== undefined || files.some((file) => name in file!);
  return Object.entries(blocks.variable ?? {}).flatMap(([name, body]) =>
    'default' in body || isGiven(name)
      ? []
      : [`${placeOf(cwd, name)}the variable ${name} has no value: give it in \`vars\`, in a file of \`var_files\`, or as TF_VAR_${name}`],
  );
}

/** Where a variable is declared, for people: the parser does not say. Empty where it cannot be found. */
function placeOf(cwd: string, variable: string): string {
  const header = new RegExp(`^\\s*variable\\s+"?${variable}"?\\s*\\{`);
  for (const name of configurationFiles(cwd)) {
    const line = readFileSync(join(cwd, name), 'utf8')
      .split('\n')
      .findIndex((each) => header.test(each));
    if (line >= 0) return `${name}:${line + 1}: `;
  }
  return '';
}
