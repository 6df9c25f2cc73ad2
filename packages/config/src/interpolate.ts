import type { Diagnostics, Path } from '@ship/core/kernel';
import { errors } from './errors.js';
import { type Dict, formatPath, mapTexts } from './paths.js';
import { showText } from './values.js';
import type { Source } from './yaml.js';

/** The environment of the process. */
export type Variables = Readonly<Record<string, string | undefined>>;

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
