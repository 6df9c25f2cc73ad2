import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Diagnostics, Path } from '@ship/core/kernel';
import { errors } from './errors.js';
import { type Dict, formatPath, mapTexts, showText } from './values.js';
import type { Source } from './yaml.js';

/** The environment of the process. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** How much of a commit stands in a version. */
const SHORT = 12;

/** What `ship` knows itself, and a config may name as variables: read when one is named, from files alone. */
const FACTS: Readonly<Record<string, (folder: string) => string | undefined>> = {
  SHIP_COMMIT: (folder) => commitOf(folder)?.slice(0, SHORT),
  SHIP_PACKAGE_VERSION: packageVersion,
};

/** The variables of a config in a folder. One that is set wins: where a release is deployed there may be no repository any more. */
export function variablesOf(folder: string, env: Variables, written: unknown): Variables {
  const text = JSON.stringify(written);
  const named = Object.keys(FACTS).filter((name) => !env[name] && text.includes(`\${${name}`));
  const facts = named.flatMap((name) => {
    const fact = FACTS[name]?.(folder);
    return fact === undefined ? [] : [[name, fact] as const];
  });
  return facts.length === 0 ? env : { ...env, ...Object.fromEntries(facts) };
}

function packageVersion(folder: string): string | undefined {
  try {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: unknown };
    return typeof version === 'string' && version !== '' ? version : undefined;
  } catch {
    return undefined;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** The commit that is checked out; undefined outside of a repository, and before its first commit. */
function commitOf(folder: string): string | undefined {
  const git = join(folder, '.git');
  const stat = statSync(git, { throwIfNoEntry: false });
  if (stat === undefined) return dirname(folder) === folder ? undefined : commitOf(dirname(folder));
  // A file names the folder: of a worktree, or of a submodule.
  const named = stat.isFile() ? /^gitdir: (.+)$/.exec(textOf(git) ?? '')?.[1] : '.git';
  if (named === undefined) return undefined;
  const own = resolve(folder, named);
  const common = resolve(own, textOf(join(own, 'commondir')) ?? '.');
  const head = textOf(join(own, 'HEAD')) ?? '';
  const ref = /^ref: (refs\/(?!.*\.\.)\S+)$/.exec(head)?.[1];
  if (ref === undefined) return asCommit(head);
  return asCommit(textOf(join(own, ref)) ?? textOf(join(common, ref))) ?? packed(textOf(join(common, 'packed-refs')) ?? '', ref);
}

const asCommit = (text: string | undefined): string | undefined => /^[0-9a-f]{40,64}$/.exec(text ?? '')?.[0];

const packed = (text: string, ref: string): string | undefined =>
  asCommit(
    text
      .split('\n')
      .find((line) => line.endsWith(` ${ref}`))
      ?.split(' ')[0],
  );

/** Keys whose texts go to a shell as they are: there the shell expands, so nothing can be injected. */
export const RAW_KEYS: ReadonlySet<string> = new Set(['run', 'undo', 'capture', 'probe']);

/** Maps whose keys are names that people choose: a component named `run` is no script. */
const NAMED = new Set(['components', 'environments']);

/** What stands in the way of replacing a variable. */
type VariableProblem = { readonly path: Path } & TextProblem;

type TextProblem = { readonly unset: string } | { readonly malformed: string };

/**
 * Replaces the variables of a config. Environments that were not chosen stay as they are: their variables need not be set.
 * `lenient`: nor need those of what is deployed, for who only looks, or goes back to what was deployed with them set.
 */
export function interpolateConfig(source: Source, diagnostics: Diagnostics, env: Variables, environment: string, lenient = false): Dict {
  const isOther = (path: Path) => path[0] === 'environments' && path[1] !== environment;
  return interpolate(source.value, env, (found) => addProblem(source, diagnostics, found, lenient), isOther) as Dict;
}

/** What is deployed, and how it is checked. */
const DEPLOYED: ReadonlySet<unknown> = new Set(['steps', 'components', 'verify']);

function addProblem(source: Source, diagnostics: Diagnostics, { path, ...found }: VariableProblem, lenient: boolean): void {
  const extras = { at: source.position(path) };
  const shown = formatPath(path);
  const error =
    'unset' in found
      ? errors.SHIP_CONFIG_UNSET_VARIABLE({ path: shown, name: found.unset }, extras)
      : errors.SHIP_CONFIG_INTERPOLATION({ path: shown, value: showText(found.malformed) }, extras);
  const isDeployed = DEPLOYED.has(path[0] === 'environments' ? path[2] : path[0]);
  if (lenient && isDeployed && 'unset' in found) diagnostics.overlook(error, path);
  // What else could be reported of the value would be about a text that nobody meant.
  else diagnostics.add(error, path, 'shape');
}

/** Replaces `${NAME}`, `${NAME:-default}` and `$${` in all texts but those that go to a shell, or are to stay as they are. */
export function interpolate(
  value: unknown,
  env: Variables,
  problem: (problem: VariableProblem) => void,
  stays = (_: Path) => false,
): unknown {
  return mapTexts(value, (text, path) => {
    return isRaw(path) || stays(path) ? text : replaceVariables(text, env, (found) => problem({ path, ...found }));
  });
}

/** Whether a text goes to a shell as it is. */
function isRaw(path: Path): boolean {
  return path.some((key, index) => typeof key === 'string' && RAW_KEYS.has(key) && !NAMED.has(String(path[index - 1])));
}

function replaceVariables(text: string, env: Variables, problem: (found: TextProblem) => void): string {
  return text.replace(/\$\$\{|\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}|\$\{[^}]{0,40}\}?/g, (match, name?: string, fallback?: string) => {
    if (match === '$${') return '${';
    // `process.env` inherits from Object, so `constructor` would be found there.
    const value = name !== undefined && Object.hasOwn(env, name) ? env[name] : undefined;
    if (name === undefined) problem({ malformed: match });
    else if (fallback !== undefined) return value || fallback;
    else if (value === undefined) problem({ unset: name });
    else return value;
    return match;
  });
}
