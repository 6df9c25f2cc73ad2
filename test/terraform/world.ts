import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { runProgram } from '../support/ship.js';
import type { Stack } from './case.js';
import { readTree } from './tree.js';

/** What is really there: what the states hold, and the files that provisioners and the tests' own provider made. */
export interface World {
  /** The input by address. */
  readonly resources: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Files of `world/` with their contents; those that are named by a time are counted. */
  readonly files: Readonly<Record<string, string | number>>;
}

/** A stack with the options by which ship applies it. */
export interface ShipStack extends Stack {
  readonly options: Readonly<Record<string, unknown>>;
}

/** The stacks that a ship.yaml applies; paths are relative to its folder. */
export function stacksOf(config: string): ShipStack[] {
  const { plugins = [], steps = [] } = parse(config) as { plugins?: unknown[]; steps?: { uses?: string; with?: object }[] };
  const named = plugins.find(
    (plugin): plugin is { terraform: object } => typeof plugin === 'object' && plugin !== null && 'terraform' in plugin,
  );
  const all = steps
    .filter(({ uses }) => uses?.startsWith('terraform/'))
    .map((step) => ({ ...named?.terraform, ...step.with }) as Record<string, unknown>)
    .map((options) => ({
      dir: String(options.dir),
      ...(options.workspace === undefined ? {} : { workspace: String(options.workspace) }),
      options,
    }));
  return all.filter(({ dir, workspace }, at) => all.findIndex((other) => other.dir === dir && other.workspace === workspace) === at);
}

/** Reads the world of a project. `served` is the state of the state server, where there is one. */
export function readWorld(project: string, stacks: readonly Stack[], served: string): World {
  const prefix = ({ name, dir, workspace }: Stack) => (stacks.length === 1 ? '' : `${name ?? workspace ?? dir}:`);
  const states = stacks.map((stack) => ({ before: prefix(stack), state: stateOf(project, stack, served) }));
  const merged = (part: 'resources' | 'outputs') =>
    Object.fromEntries(states.flatMap(({ before, state }) => Object.entries(state[part]).map(([key, value]) => [before + key, value])));
  return { resources: merged('resources'), outputs: merged('outputs'), files: worldFiles(project) };
}

/** The file of a state that is kept as Terraform does by itself. */
export const stateFile = ({ dir, workspace, state }: Stack): string =>
  state ?? join(dir, workspace === undefined ? '' : join('terraform.tfstate.d', workspace), 'terraform.tfstate');

interface Instance {
  readonly index_key?: string | number;
  readonly deposed?: string;
  readonly status?: string;
  readonly attributes: { readonly id?: string; readonly input?: { readonly value: unknown } | null; readonly content?: string };
}
interface StateFile {
  readonly outputs?: Record<string, { readonly value: unknown }>;
  readonly resources?: Resource[];
}

interface Resource {
  readonly module?: string;
  readonly mode: string;
  readonly type: string;
  readonly name: string;
  readonly instances: Instance[];
}

function stateOf(project: string, stack: Stack, served: string): Pick<World, 'resources' | 'outputs'> {
  const path = join(project, stateFile(stack));
  const text = stack.state === '@STATE@' ? served : existsSync(path) ? readFileSync(path, 'utf8') : '';
  const { outputs = {}, resources = [] } = (text === '' ? {} : JSON.parse(withoutIds(text))) as StateFile;
  const instances = resources
    .filter(({ mode }) => mode === 'managed')
    .flatMap((resource) => resource.instances.map((instance) => [addressOf(resource, instance), inputOf(resource.type, instance)]));
  return {
    resources: Object.fromEntries(instances),
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value])),
  };
}

const addressOf = ({ module, type, name }: Resource, instance: Instance): string =>
  [...(module === undefined ? [] : [module]), type, name].join('.') + suffixOf(instance);

/** What is made anew has another id, and so has whoever names it: that it is named is what has to come back. */
function withoutIds(text: string): string {
  const { resources = [] } = JSON.parse(text) as StateFile;
  const ids = resources.flatMap((resource) =>
    resource.instances.map((instance) => [instance.attributes.id, addressOf(resource, instance)] as const),
  );
  return ids.reduce(
    (replaced, [id, address]) =>
      id && id.length > 30 ? replaced.replaceAll(id, JSON.stringify(`id of ${address}`).slice(1, -1)) : replaced,
    text,
  );
}

const suffixOf = ({ index_key, deposed, status }: Instance): string =>
  [
    index_key === undefined ? '' : `[${JSON.stringify(index_key)}]`,
    deposed === undefined ? '' : ' (deposed)',
    status === undefined ? '' : ` (${status})`,
  ].join('');

const inputOf = (type: string, { attributes }: Instance): unknown =>
  type === 'files_file' ? attributes.content : (attributes.input?.value ?? null);

/** A name that ends with nanoseconds says only how often something was made. */
const STAMPED = /\d{16,}$/;

function worldFiles(project: string): World['files'] {
  const files: Record<string, string | number> = {};
  for (const [path, { content }] of Object.entries(readTree(join(project, 'world')))) {
    const counted = path.replace(STAMPED, '*');
    files[counted] = counted === path ? Buffer.from(content, 'base64').toString().trim() : Number(files[counted] ?? 0) + 1;
  }
  return files;
}

/** What Terraform alone would do about a stack, with the files that are there. `No changes` is what it must say. */
export async function freshPlan(folder: string, { dir, workspace, options }: ShipStack, env: Record<string, string>): Promise<string> {
  const data = mkdtempSync(join(tmpdir(), 'ship-fresh-'));
  const at = {
    cwd: resolve(folder, dir),
    env: { ...env, TF_DATA_DIR: data, ...(workspace === undefined ? {} : { TF_WORKSPACE: workspace }) },
  };
  try {
    const init = await runProgram(['terraform', 'init', '-input=false', '-no-color', ...initArgs(options, env)], at);
    if (init.code !== 0) return `terraform init failed: ${init.stdout}${init.stderr}`;
    const plan = ['plan', '-detailed-exitcode', '-input=false', '-no-color', '-lock=false', ...planArgs(folder, options, env)];
    const { code, stdout, stderr } = await runProgram(['terraform', ...plan], at);
    return code === 0 ? 'No changes' : stdout + stderr;
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

const expand = (value: unknown, env: Record<string, string>): string => {
  // On a command line Terraform reads what is no text as an expression, in which `%{` is one, too.
  const text = typeof value === 'string' ? value : JSON.stringify(value).replaceAll('%{', '%%{');
  return text.replace(/\$\{(\w+)\}/g, (_, name) => env[name] ?? '');
};

const initArgs = ({ backend_config = {} }: ShipStack['options'], env: Record<string, string>): string[] =>
  Object.entries(backend_config as object).map(([key, value]) => `-backend-config=${key}=${expand(value, env)}`);

const planArgs = (
  folder: string,
  { var_files = [], vars = {}, targets = [] }: ShipStack['options'],
  env: Record<string, string>,
): string[] => [
  ...(targets as string[]).map((target) => `-target=${target}`),
  ...(var_files as string[]).map((file) => `-var-file=${resolve(folder, file)}`),
  ...Object.entries(vars as object).map(([key, value]) => `-var=${key}=${expand(value, env)}`),
];
