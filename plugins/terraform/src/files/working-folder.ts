import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Context, type Json, markedProcesses, type Objects } from '@ship/core';
import { type Backend, type Configuration, variablesOf } from '../applied.js';
import { errors } from '../errors.js';
import type { PlannedHashes } from '../rollback/truth.js';
import type { Stack } from '../stack.js';
import { stringifyVariables } from '../tool/numbers.js';
import type { State } from '../tool/state.js';
import { GRACE_MS, Terraform } from '../tool/terraform.js';
import type { Tool } from '../tool/tool.js';
import { type Archive, extractModules, readArchive } from './archive.js';
import { lockFolder } from './folder-lock.js';
import { configurationFiles } from './hcl.js';
import { leftInPlace, putBack, putInPlace, type Wanted } from './in-place.js';
import { hashOf, isWithin, type TreeEntry } from './tree.js';

/** A stack, and what it takes to work on it. */
export interface Job {
  readonly stack: Stack;
  readonly tool: Tool;
  readonly objects: Objects;
}

/** A configuration that Terraform works on, and what it needs for one piece of work. */
export interface WorkingFolder {
  readonly terraform: Terraform;
  /** What `-var-file` is given. */
  readonly varFiles: readonly string[];
  /** Where plans are written: they hold values. */
  readonly folder: string;
  /** Files outside of the project that the configuration names, and that are not what they were. */
  readonly changedOutside: readonly string[];
  /** What the plans of a captured configuration have said of each resource. */
  readonly planned: PlannedHashes;
  /** Removes everything that may hold values, puts today's files back, and lets others at them. */
  close(): void;
}

/** A configuration of another time, and what stands in its place now. */
export interface Placement {
  readonly configuration: Configuration;
  /** What was applied since: what only its configuration has is not to be there. */
  readonly live?: Configuration;
  /** Texts of files that are put beside it, by their names in the root module. */
  readonly beside?: Readonly<Record<string, string>>;
}

/** The configuration as it lies in the project. */
export async function openLive(ctx: Context, { stack, tool }: Pick<Job, 'stack' | 'tool'>, isReady = false): Promise<WorkingFolder> {
  const free = await lockLive(ctx);
  const folder = makeFolder(stack, ctx);
  const close = () => {
    remove(folder);
    free();
  };
  try {
    const terraform = liveTerraform(ctx, stack, tool);
    if (!isReady) await terraform.init(writeBackendConfig(folder, stack.backendConfig));
    const vars = Object.keys(stack.vars).length === 0 ? [] : [writeVariables(folder, stack.vars)];
    return { terraform, varFiles: [...stack.varFiles, ...vars], folder, changedOutside: [], planned: {}, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Terraform in the folder of the project, as it was initialised last. */
export const liveTerraform = (ctx: Context, stack: Stack, tool: Tool): Terraform =>
  new Terraform(ctx, tool, stack, { cwd: realOf(stack.cwd), dataDir: join(stack.home, 'data') });

const realOf = (path: string): string => (existsSync(path) ? realpathSync(path) : path);

/**
 * A configuration of another time, where it lay then: paths in it mean what they meant. The files that differ are put in
 * place, and today's are put back at the close; whoever is killed in between leaves that to the next one.
 */
export async function openCaptured(
  ctx: Context,
  { stack, tool, objects }: Job,
  { configuration, live, beside = {} }: Placement,
): Promise<WorkingFolder> {
  const archive = readArchive(await objects.get(configuration.configuration));
  refuseMoved(stack, archive);
  const other = live === undefined ? undefined : readArchive(await objects.get(live.configuration));
  const free = await lockAlone(ctx);
  const folder = makeFolder(stack, ctx);
  const close = () => {
    remove(folder);
    try {
      putBack(ctx);
    } finally {
      free();
    }
  };
  try {
    const written = new Set([...(configuration.written ?? []), ...(live?.written ?? [])]);
    const place = { cwd: archive.root, dataDir: join(folder, 'data') };
    putInPlace(ctx, { what: stack.dir, dataDir: place.dataDir }, wantedOf(archive, other, written, beside));
    extractModules(archive, place.dataDir);
    const terraform = new Terraform(ctx, tool, stack, place);
    await terraform.init(writeBackendConfig(folder, settingsOf(ctx.resolve(configuration.backend))));
    const own = writeVariables(folder, await variablesOf(ctx, objects, configuration));
    const changedOutside = Object.entries(archive.foreign).flatMap(([path, hash]) => (hashOf(path) === hash ? [] : [path]));
    return {
      terraform,
      varFiles: [...ephemeralFiles(folder, stack, configuration), own],
      folder,
      changedOutside,
      planned: archive.planned,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Today's values of variables whose values nothing keeps. The captured ones come after them, and win. */
function ephemeralFiles(folder: string, { varFiles, vars }: Stack, { ephemeral }: Configuration): string[] {
  if (ephemeral.length === 0) return [];
  const given = Object.fromEntries(Object.entries(vars).filter(([name]) => ephemeral.includes(name)));
  return [...varFiles.filter((file) => existsSync(file)), writeVariables(folder, given, 'ephemeral')];
}

/** Each file as it was; without those that came since, and without touching what applies have written. */
function wantedOf(
  archive: Archive,
  live: Archive | undefined,
  written: ReadonlySet<string>,
  beside: Readonly<Record<string, string>>,
): Wanted[] {
  const wanted = new Map<string, Wanted>(archive.entries.map((entry) => [entry.path, { path: entry.path, entry }]));
  const folders = [...archive.folders, ...(live?.folders ?? [])].filter((folder) => existsSync(folder));
  const since = [
    ...(live?.entries ?? []).flatMap((entry) => (isSeenBy(archive, entry) ? [entry.path] : [])),
    ...folders.flatMap((folder) => configurationFiles(folder).map((name) => join(folder, name))),
  ];
  for (const path of since) if (!wanted.has(path)) wanted.set(path, { path });
  for (const path of written) wanted.delete(path);
  for (const [name, text] of Object.entries(beside)) {
    const path = join(archive.root, name);
    wanted.set(path, { path, entry: { path, mode: 0o600, data: Buffer.from(text) } });
  }
  return [...wanted.values()];
}

/** Would the configuration of then see it, if it were there? A path that only the newer one names says nothing about then. */
const isSeenBy = ({ read }: Archive, { path, named }: TreeEntry): boolean =>
  named === undefined || (named === 'read' && read.some((folder) => isWithin(path, folder)));

function refuseMoved({ cwd, dir }: Stack, { root }: Archive): void {
  if (!existsSync(cwd) || realpathSync(cwd) !== root) throw errors.SHIP_TERRAFORM_MOVED({ dir, root });
}

/** The state as the backend has it. It is pulled in the folder of the project where that is initialised, which is quicker. */
export async function pullState(ctx: Context, job: Job, configuration: Configuration): Promise<State | undefined> {
  const { stack, tool } = job;
  if (existsSync(join(stack.home, 'data')) && existsSync(stack.cwd)) {
    const free = await lockLive(ctx);
    try {
      return await liveTerraform(ctx, stack, tool).pull();
    } catch {
      // It is initialised for something else by now.
    } finally {
      free();
    }
  }
  const working = await openCaptured(ctx, job, { configuration });
  try {
    return await working.terraform.pull();
  } finally {
    working.close();
  }
}

/** For work with the files as they lie there; whoever only looks takes them for what they are. */
export async function lockLive(ctx: Context): Promise<() => void> {
  for (;;) {
    const free = await lockFolder(ctx, 'shared');
    if (ctx.looks || leftInPlace(ctx) === undefined) return free;
    free();
    (await lockAlone(ctx))();
  }
}

/** For work with files of another time. What a process that is gone has left in place is put back first. */
async function lockAlone(ctx: Context): Promise<() => void> {
  const free = await lockFolder(ctx, 'exclusive');
  try {
    const left = leftInPlace(ctx);
    if (left !== undefined) {
      await untilEnded(ctx, left.what, left.dataDir);
      ctx.log.warn(`the files of ${left.what} are put back as they were: a process that is gone had others in their place`);
    }
    putBack(ctx);
    return free;
  } catch (error) {
    free();
    throw error;
  }
}

/** A Terraform whose ship was killed goes on, and reads the files that it has begun with. */
async function untilEnded(ctx: Context, what: string, dataDir: string): Promise<void> {
  const end = Date.now() + GRACE_MS;
  for (;;) {
    const pids = markedProcesses({ TF_DATA_DIR: dataDir }).map(({ pid }) => pid);
    if (pids.length === 0) return;
    if (Date.now() > end) throw errors.SHIP_TERRAFORM_AT_WORK({ what, pids });
    await pause(500, undefined, { signal: ctx.signal });
  }
}

/** A folder of this process; those of processes that are gone are removed. */
function makeFolder({ home }: Stack, { log }: Context): string {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(home)) {
    const [, pid] = /^work-(\d+)-/.exec(name) ?? [];
    if (pid === undefined || isRunning(Number(pid))) continue;
    log.debug(`removing ${name}, which a process that is gone has left`);
    remove(join(home, name));
  }
  return mkdtempSync(join(home, `work-${process.pid}-`));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It runs, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const remove = (folder: string): void => rmSync(folder, { recursive: true, force: true });

function writeVariables(folder: string, variables: Readonly<Record<string, Json>>, name = 'ship'): string {
  const file = join(folder, `${name}.tfvars.json`);
  writeFileSync(file, stringifyVariables(variables), { mode: 0o600 });
  return file;
}

/** In a file: everybody on the machine can read command lines. */
function writeBackendConfig(folder: string, settings: Readonly<Record<string, string | number | boolean>>): string | undefined {
  const entries = Object.entries(settings);
  if (entries.length === 0) return undefined;
  const file = join(folder, 'backend.hcl');
  writeFileSync(file, entries.map(([name, value]) => `${name} = ${hcl(value)}\n`).join(''), { mode: 0o600 });
  return file;
}

const hcl = (value: string | number | boolean): string =>
  typeof value === 'string' ? JSON.stringify(value).replaceAll('${', '$${').replaceAll('%{', '%%{') : String(value);

/** What the options had said about the backend then; what its own block says is the same. HCP Terraform takes nothing from outside. */
function settingsOf(backend: Backend | null): Record<string, string | number | boolean> {
  if (backend === null || backend.type === 'cloud') return {};
  const isPlain = (entry: [string, Json]): entry is [string, string | number | boolean] =>
    ['string', 'number', 'boolean'].includes(typeof entry[1]);
  return Object.fromEntries(Object.entries(backend.config).filter(isPlain));
}

/** Where Terraform leaves a state that it could not save. */
export const unsavedState = (folder: string): string | undefined => {
  const file = join(folder, 'errored.tfstate');
  return existsSync(file) ? file : undefined;
};
