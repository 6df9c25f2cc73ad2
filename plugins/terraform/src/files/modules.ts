import { readFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import type { Move } from '../tool/plan-document.js';
import type { Place } from '../tool/terraform.js';
import { type Block, blockIn, listOf, type Module, readModule, referenceIn } from './hcl.js';

/** An entry of Terraform's own list of modules. */
export interface ModuleEntry {
  /** `web.cache` for `module.web.module.cache`; empty for the root module. */
  readonly Key: string;
  /** Relative to the root module, or where it was downloaded to. */
  readonly Dir: string;
}

/** A module of a configuration, in its folder. */
export interface PlacedModule extends Module {
  /** `module.web.`, or nothing for the root module. */
  readonly prefix: string;
  /** Its own folder. */
  readonly folder: string;
}

/** What Terraform's own JSON does not say of a configuration, and a rollback has to know. Addresses are without indexes. */
export type Facts = {
  /** What `prevent_destroy` protects. */
  readonly protected: string[];
  /** Provisioners by the address of their resource, such as `local-exec`; those that run at the destroy as `local-exec at destroy`. */
  readonly provisioners: { readonly [address: string]: string[] };
  /** What the root module itself renames. */
  readonly renames: Move[];
  /** Variables of the root module whose values no plan keeps. */
  readonly ephemeral: string[];
  /** Attributes that `ignore_changes` leaves to others, by the address of their resource; `all` for every one. */
  readonly ignored: { readonly [address: string]: string[] };
  /** Providers that are configured in a module, or under another name: `module.site.files`, `files.second`. */
  readonly configures: string[];
  /** The data sources through which it reads the outputs of other stacks. */
  readonly reads: string[];
};

const MANIFEST = 'modules.json';

/** Terraform's list of modules, after `init`. */
export function moduleEntries(dataDir: string): ModuleEntry[] {
  try {
    return (JSON.parse(readFileSync(join(dataDir, 'modules', MANIFEST), 'utf8')) as { Modules: ModuleEntry[] }).Modules;
  } catch {
    // A configuration without modules has none.
    return [];
  }
}

/** The folders of the modules that lie in the project, not among the downloads; that of the root module first. */
export const localFolders = (modules: readonly PlacedModule[], { dataDir }: Place): string[] => [
  ...new Set(modules.map(({ folder }) => folder).filter((folder) => !folder.startsWith(dataDir + sep))),
];

/** Reads the root module and every module that is called, downloaded ones too. Terraform's list may hold more: what was called once. */
export async function readModules(place: Place): Promise<PlacedModule[]> {
  const folders = new Map(moduleEntries(place.dataDir).map(({ Key, Dir }) => [Key, resolve(place.cwd, Dir)]));
  const read = async (key: string, prefix: string, folder: string): Promise<PlacedModule[]> => {
    const module = await readModule(folder);
    const called = Object.keys(module.blocks.module ?? {}).flatMap((name) => {
      const below = key === '' ? name : `${key}.${name}`;
      const its = folders.get(below);
      return its === undefined ? [] : [read(below, `${prefix}module.${name}.`, its)];
    });
    return [{ ...module, prefix, folder }, ...(await Promise.all(called)).flat()];
  };
  return read('', '', place.cwd);
}

/** What a rollback has to know of a configuration. */
export function factsOf(modules: readonly PlacedModule[]): Facts {
  const [root] = modules;
  const resources = modules.flatMap(({ prefix, blocks }) =>
    Object.entries(blocks.resource ?? {}).map(([name, body]): [string, Block] => [`${prefix}${name}`, body]),
  );
  return {
    protected: resources.filter(([, body]) => isProtected(body)).map(([address]) => address),
    provisioners: Object.fromEntries(
      resources.map(([address, body]) => [address, provisionersOf(body)] as const).filter(([, all]) => all.length > 0),
    ),
    renames: (root?.unlabelled.moved ?? []).map(({ from, to }) => ({ from: referenceIn(from), to: referenceIn(to) })),
    ephemeral: Object.entries(root?.blocks.variable ?? {}).flatMap(([name, { ephemeral }]) => (ephemeral === true ? [name] : [])),
    ignored: Object.fromEntries(
      resources.map(([address, body]) => [address, ignoredOf(body)] as const).filter(([, all]) => all.length > 0),
    ),
    configures: modules.flatMap(({ prefix, blocks }) =>
      Object.keys(blocks.provider ?? {}).flatMap((name) => (prefix === '' && !name.includes('.') ? [] : [`${prefix}${name}`])),
    ),
    reads: modules.flatMap(({ prefix, blocks }) =>
      Object.keys(blocks.data ?? {}).flatMap((name) => (name.startsWith('terraform_remote_state.') ? [`${prefix}data.${name}`] : [])),
    ),
  };
}

const isProtected = (body: Block): boolean => String(blockIn(body, 'lifecycle')?.prevent_destroy) === 'true';

function ignoredOf(body: Block): string[] {
  const ignored = blockIn(body, 'lifecycle')?.ignore_changes ?? [];
  return [ignored].flat().map((each) => /^\w+/.exec(referenceIn(each))?.[0] ?? '');
}

function provisionersOf(body: Block): string[] {
  const kinds = listOf(body.provisioner).flatMap((each) => Object.entries(each));
  return kinds.flatMap(([kind, value]) =>
    listOf(value).map(({ when }) => (referenceIn(when) === 'destroy' ? `${kind}${AT_DESTROY}` : kind)),
  );
}

const AT_DESTROY = ' at destroy';

/** Does it run when its resource is destroyed? */
export const runsAtDestroy = (provisioner: string): boolean => provisioner.endsWith(AT_DESTROY);

/** Every text in the blocks of a module. */
export function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) yield* textsIn(each);
}

const START = /(\$\{)?\bpath\.(module|root|cwd)\b\}?/g;

/** A path that a configuration names; `loose` where no function reads it, so that a resource may as well write it. */
export interface NamedPath {
  readonly path: string;
  readonly loose: boolean;
}

const QUOTED = /"([^"$%\s]+)"/g;

/**
 * Paths that a text of a configuration names, as far as they can be known before it runs: up to the first expression in
 * them. `"${path.module}/../files/${var.name}"` names the folder `files`. Some are none: who asks looks what is there.
 */
export function pathsNamedIn(text: string, moduleFolder: string, rootFolder: string): NamedPath[] {
  const started = [...text.matchAll(START)].map((start): NamedPath => {
    const folder = start[2] === 'module' ? moduleFolder : rootFolder;
    const rest = start[1] === undefined ? '' : knownPart(text.slice(start.index + start[0].length));
    return { path: resolve(folder, `.${rest}`), loose: !isInCall(text, start.index) };
  });
  if (text.includes('${')) {
    const quoted = [...text.matchAll(QUOTED)].map(({ 1: path = '', index }) => ({
      path: resolve(rootFolder, path),
      loose: !isInCall(text, index),
    }));
    return [...started, ...quoted];
  }
  return text.split(/[\s"'=]+/).flatMap((each) => (each === '' ? [] : [{ path: resolve(rootFolder, each), loose: true }]));
}

/** Is a function called with what stands there? */
function isInCall(text: string, index: number): boolean {
  const before = text.slice(0, index);
  return before.split('(').length > before.split(')').length;
}

/** Up to what only the run knows, and from there back to the folder that it is in. */
function knownPart(text: string): string {
  const [known = ''] = /^[^"'$%\s]*/.exec(text) ?? [];
  const isWhole = known.length === text.length || /["'\s]/.test(text[known.length]!);
  return isWhole ? known : known.slice(0, known.lastIndexOf('/') + 1);
}
