import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Context, type Json, type Objects, processStartTime } from '@ship/core';
import { type Backend, type Configuration, variablesOf } from './applied.js';
import { unpack } from './pack.js';
import type { Stack } from './stack.js';
import type { State } from './state.js';
import { type Place, Terraform } from './terraform.js';
import type { Tool } from './tool.js';

/** Files that Terraform reads for one piece of work. */
export interface Workbench {
  readonly terraform: Terraform;
  /** What `-var-file` is given. */
  readonly varFiles: readonly string[];
  /** Where plans are written: they hold values. */
  readonly folder: string;
  /** Takes all away that may hold values. */
  close(): void;
}

/** The configuration as it lies in the project. */
export async function openLive(ctx: Context, stack: Stack, tool: Tool, { isReady = false } = {}): Promise<Workbench> {
  const folder = workFolder(stack, ctx);
  const terraform = liveTerraform(ctx, stack, tool);
  try {
    if (!isReady) await terraform.init(writeBackendConfig(folder, stack));
    const vars = Object.keys(stack.vars).length === 0 ? [] : [writeVariables(folder, stack.vars)];
    return { terraform, varFiles: [...stack.varFiles, ...vars], folder, close: () => remove(folder) };
  } catch (error) {
    remove(folder);
    throw error;
  }
}

/** Terraform in the folder of the project, as it was initialised last. */
export const liveTerraform = (ctx: Context, stack: Stack, tool: Tool): Terraform =>
  new Terraform(ctx, tool, stack, { cwd: stack.cwd, dataDir: join(stack.home, 'data') });

/** A captured configuration in a folder of its own, before the backend that holds the state. */
export async function openCaptured(ctx: Context, stack: Stack, tool: Tool, objects: Objects, captured: Configuration): Promise<Workbench> {
  const folder = workFolder(stack, ctx);
  try {
    const place = unpack(await objects.get(captured.configuration), folder);
    writeBackend(place, stack, ctx.resolve(captured.backend));
    const terraform = new Terraform(ctx, tool, stack, place);
    await terraform.init();
    const variables = await variablesOf(ctx, objects, captured);
    return { terraform, varFiles: [writeVariables(folder, variables)], folder, close: () => remove(folder) };
  } catch (error) {
    remove(folder);
    throw error;
  }
}

/** The state, pulled in the folder of the project where that is ready, as pulling is quick there; else in one of its own. */
export async function pullState(
  ctx: Context,
  objects: Objects,
  stack: Stack,
  tool: Tool,
  captured: Configuration,
): Promise<State | undefined> {
  if (existsSync(join(stack.home, 'data')) && existsSync(stack.cwd)) {
    const found = await liveTerraform(ctx, stack, tool)
      .pull()
      .catch(() => 'elsewhere' as const);
    if (found !== 'elsewhere') return found;
  }
  const bench = await openCaptured(ctx, stack, tool, objects, captured);
  try {
    return await bench.terraform.pull();
  } finally {
    bench.close();
  }
}

const WORK = 'work-';

/** A folder of this process; those of processes that are gone are taken away. */
function workFolder({ home }: Stack, { log }: Context): string {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(home)) {
    const [, pid] = /^work-(\d+)-/.exec(name) ?? [];
    if (pid === undefined || processStartTime(Number(pid)) !== undefined) continue;
    log.debug(`taking away ${name}, which a process that is gone has left`);
    remove(join(home, name));
  }
  return mkdtempSync(join(home, `${WORK}${process.pid}-`));
}

const remove = (folder: string): void => rmSync(folder, { recursive: true, force: true });

function writeVariables(folder: string, variables: Readonly<Record<string, Json>>): string {
  const file = join(folder, 'ship.tfvars.json');
  writeFileSync(file, JSON.stringify(variables), { mode: 0o600 });
  return file;
}

/** Never on the command line, where everybody on the machine could read it. */
function writeBackendConfig(folder: string, { backendConfig }: Stack): string | undefined {
  const entries = Object.entries(backendConfig);
  if (entries.length === 0) return undefined;
  const file = join(folder, 'backend.hcl');
  writeFileSync(file, entries.map(([name, value]) => `${name} = ${hcl(value)}\n`).join(''), { mode: 0o600 });
  return file;
}

const hcl = (value: string | number | boolean): string =>
  typeof value === 'string' ? JSON.stringify(value).replaceAll('${', '$${').replaceAll('%{', '%%{') : String(value);

/**
 * A configuration may name another backend than the one that holds the state now, and a path in it is relative to its
 * folder. So what `init` had found is put over it: with that alone is the captured configuration compared with what there is.
 */
function writeBackend({ cwd }: Place, stack: Stack, backend: Backend | null): void {
  const { type, config } = backend ?? { type: 'local', config: {} };
  // HCP Terraform is configured in a block of its own, which no backend may stand beside.
  if (type === 'cloud') return;
  const { path = 'terraform.tfstate', workspace_dir = 'terraform.tfstate.d' } = config as Record<string, string>;
  const here = type === 'local' ? { ...config, path: resolve(stack.cwd, path), workspace_dir: resolve(stack.cwd, workspace_dir) } : config;
  const override = { terraform: { backend: { [type]: here } } };
  writeFileSync(join(cwd, 'ship_backend_override.tf.json'), JSON.stringify(override), { mode: 0o600 });
}

/** Where Terraform leaves a state that it could not save. */
export const unsavedState = (folder: string): string | undefined => {
  const file = join(folder, 'errored.tfstate');
  return existsSync(file) ? file : undefined;
};
