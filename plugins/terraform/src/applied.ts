import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context, Json, Objects, Store } from '@ship/core';
import type { Facts } from './files/modules.js';
import type { Fingerprints } from './rollback/rotated.js';
import type { Options, Stack } from './stack.js';
import type { Move, PlanDocument } from './tool/plan-document.js';
import type { Place } from './tool/terraform.js';
import type { Tool } from './tool/tool.js';

/** The backend that a state lies in, as Terraform has resolved it. */
export type Backend = { readonly type: string; readonly config: { readonly [name: string]: Json } };

/** What a stack was applied from: all that is needed to apply it again. Plain JSON; secrets by name. */
export type Configuration = Facts & {
  readonly dir: string;
  readonly workspace: string;
  /** The key of the archive of the configuration. */
  readonly configuration: string;
  /** Every variable with its value, but for those in `secrets`. */
  readonly variables: { readonly [name: string]: Json };
  /** The key of the values that are sensitive, and that no variable of the environment holds. */
  readonly secrets?: string;
  readonly targets: string[];
  readonly backend: Backend | null;
  readonly tool: string;
  /** The version of each provider, as the lock file has it. */
  readonly providers: { readonly [name: string]: string };
  /** Files among those of the configuration that this apply or an earlier one has written: they are the world's. */
  readonly written?: string[];
};

/** What was applied last, and which state came of it. */
export type Applied = Configuration & {
  readonly lineage: string;
  readonly serial: number;
  /** The run and step that applied it. */
  readonly by: string;
  /** When, as an ISO timestamp: what others stand on was applied before them, and goes back before them. */
  readonly at: string;
  /** Of the secrets that the state holds, in a snapshot. */
  readonly fingerprints?: Fingerprints;
  /** Addresses that this apply or an earlier one imported. */
  readonly imports?: string[];
  /** What this apply or an earlier one renamed; oldest first. */
  readonly moves?: Move[];
  /** What this apply or an earlier one took out of the state, and left standing. */
  readonly forgotten?: string[];
};

/** The last configuration of each stack of an environment. */
export class AppliedRecords {
  constructor(private readonly store: Store) {}

  async get({ environment }: Pick<Context, 'environment'>, stack: string): Promise<Applied | undefined> {
    const stored = await this.store.get(keyOf(environment, stack));
    return stored && (JSON.parse(stored.value.toString('utf8')) as Applied);
  }

  async put({ environment }: Pick<Context, 'environment'>, stack: string, applied: Applied): Promise<void> {
    await this.store.put(keyOf(environment, stack), `${JSON.stringify(applied, null, 2)}\n`);
  }

  /** Notes that ship itself has changed the state of a stack, although it did not come to an end: that was no other hand. */
  async touched(
    ctx: Pick<Context, 'environment'>,
    stack: string,
    state: { readonly serial: number; readonly lineage: string } | undefined,
  ): Promise<void> {
    const applied = await this.get(ctx, stack);
    if (applied !== undefined && state?.lineage === applied.lineage && state.serial !== applied.serial)
      await this.put(ctx, stack, { ...applied, serial: state.serial });
  }

  async remove({ environment }: Pick<Context, 'environment'>, stack: string): Promise<void> {
    await this.store.remove(keyOf(environment, stack));
  }

  /** Where it lies, for people. */
  fileOf({ stateDir, environment }: Pick<Context, 'stateDir' | 'environment'>, stack: string): string {
    return join(stateDir, keyOf(environment, stack));
  }

  /** Other environments that have applied a stack of this name to the very same state. */
  async sharing({ environment }: Pick<Context, 'environment'>, stack: string, lineage: string): Promise<string[]> {
    const names = (await this.store.list('state/')).map((key) => key.split('/')[1]!).filter((name) => name !== environment);
    const found = await Promise.all(names.map(async (name) => (await this.get({ environment: name }, stack))?.lineage === lineage));
    return names.filter((_, index) => found[index]);
  }

  /** The names of the stacks that were applied. */
  async names({ environment }: Pick<Context, 'environment'>): Promise<string[]> {
    const keys = await this.store.list(`${folderOf(environment)}/`);
    return keys.filter((key) => key.endsWith('.json')).map((key) => key.slice(key.lastIndexOf('/') + 1, -'.json'.length));
  }
}

const folderOf = (environment: string): string => `state/${environment}/terraform`;
const keyOf = (environment: string, stack: string): string => `${folderOf(environment)}/${stack}.json`;

/** What actions and the part of snapshots share. */
export interface Parts {
  readonly options: Options;
  readonly objects: Objects;
  readonly records: AppliedRecords;
}

/** What is about to be applied: the archive of the configuration, and the variables that the plan was made with. */
export async function configurationOf(
  ctx: Context,
  objects: Objects,
  {
    stack,
    place,
    tool,
    archive,
    facts,
    plan,
  }: { stack: Stack; place: Place; tool: Tool; archive: Buffer; facts: Facts; plan: PlanDocument },
): Promise<Configuration> {
  const { open, secret } = sorted(ctx, plan);
  return {
    ...facts,
    dir: stack.dir,
    workspace: stack.workspace,
    configuration: await objects.put(archive),
    variables: open,
    ...(Object.keys(secret).length === 0 ? {} : { secrets: await keepText(ctx, objects, Buffer.from(JSON.stringify(secret))) }),
    targets: [...stack.targets],
    backend: ctx.refer(backendOf(place)),
    tool: `${tool.kind} ${tool.version}`,
    providers: providersIn(place.cwd),
  };
}

/** A sensitive value that a variable of the environment holds is kept by its name; any other is kept apart, where it can be encrypted. */
function sorted(ctx: Context, { variables, sensitive }: PlanDocument): Record<'open' | 'secret', Record<string, Json>> {
  const isHeldElsewhere = (value: Json) => value === null || JSON.stringify(ctx.refer(value)) !== JSON.stringify(value);
  const isSecret = ([name, value]: [string, Json]) => sensitive.includes(name) && !isHeldElsewhere(value);
  const entries = Object.entries(variables);
  return {
    open: Object.fromEntries(entries.filter((each) => !isSecret(each)).map(([name, value]) => [name, ctx.refer(value)])),
    secret: Object.fromEntries(entries.filter(isSecret)),
  };
}

/** Keeps a text as an object. What ship knows as a secret stands there by its name; what is no text is kept as it is. */
export const keepText = (ctx: Context, objects: Objects, bytes: Buffer): Promise<string> =>
  objects.put(isUtf8(bytes) ? Buffer.from(ctx.refer(bytes.toString('utf8'))) : bytes);

/** What {@link keepText} has kept, as it was. */
export async function keptText(ctx: Context, objects: Objects, key: string): Promise<Buffer> {
  const bytes = await objects.get(key);
  return isUtf8(bytes) ? Buffer.from(ctx.resolve(bytes.toString('utf8'))) : bytes;
}

/** All variables with their values. */
export async function variablesOf(ctx: Context, objects: Objects, { variables, secrets }: Configuration): Promise<Record<string, Json>> {
  const secret =
    secrets === undefined ? {} : (JSON.parse((await keptText(ctx, objects, secrets)).toString('utf8')) as Record<string, Json>);
  return { ...ctx.resolve(variables), ...secret };
}

/** What a snapshot must keep so that this can be applied again. */
export const objectsOf = ({ configuration, secrets }: Configuration): string[] => [
  configuration,
  ...(secrets === undefined ? [] : [secrets]),
];

/** Keeps the objects that the rollback of the last change of a stack needs; no snapshot names them yet. */
export const holdFor = (
  { environment }: Pick<Context, 'environment'>,
  objects: Objects,
  stack: string,
  keys: readonly string[],
): Promise<void> => objects.hold(`terraform-${environment}-${stack}`, keys);

/** The backend as `init` has found it; null for a state in the folder of the root module. */
function backendOf({ dataDir }: Place): Backend | null {
  try {
    const { backend } = JSON.parse(readFileSync(join(dataDir, 'terraform.tfstate'), 'utf8')) as { backend?: Backend };
    if (backend === undefined) return null;
    const config = Object.fromEntries(Object.entries(backend.config).filter(([, value]) => value !== null));
    return { type: backend.type, config };
  } catch {
    // Where no backend is configured, `init` writes no such file.
    return null;
  }
}

const LOCKED = /^provider "([^"]+)" \{\s*version\s*=\s*"([^"]+)"/gm;

function providersIn(cwd: string): Record<string, string> {
  try {
    return Object.fromEntries(
      [...readFileSync(join(cwd, '.terraform.lock.hcl'), 'utf8').matchAll(LOCKED)].map(([, name, version]) => [name!, version!]),
    );
  } catch {
    // Built-in providers need no lock file.
    return {};
  }
}
