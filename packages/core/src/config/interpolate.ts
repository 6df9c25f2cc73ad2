import type { Path } from './paths.js';
import { mapTexts } from './walk.js';

/** Keys whose texts go to a shell as they are: there the shell expands, so nothing can be injected. */
export const RAW_KEYS: ReadonlySet<string> = new Set(['run', 'undo', 'capture', 'probe']);

/** Maps whose keys are names that people choose: a component named `run` is no script. */
const NAMED = new Set(['components', 'environments']);

/** What stands in the way of replacing a variable. */
export type VariableProblem = { readonly path: Path } & ({ readonly unset: string } | { readonly malformed: string });

/** Replaces `${NAME}`, `${NAME:-default}` and `$${` in all texts but those that go to a shell. */
export function interpolate(
  value: unknown,
  env: Readonly<Record<string, string | undefined>>,
  problem: (problem: VariableProblem) => void,
  path: Path = [],
): unknown {
  return mapTexts(
    value,
    (text, place) =>
      text.includes('${') && !isRaw(place) ? replaceVariables(text, env, (found) => problem({ path: [...place], ...found })) : text,
    [...path],
  );
}

/** Whether a text goes to a shell as it is. */
function isRaw(path: Path): boolean {
  return path.some((key, index) => typeof key === 'string' && RAW_KEYS.has(key) && !NAMED.has(String(path[index - 1])));
}

type TextProblem = { readonly unset: string } | { readonly malformed: string };

function replaceVariables(text: string, env: Readonly<Record<string, string | undefined>>, problem: (found: TextProblem) => void): string {
  return text.replace(/\$\$\{|\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}|\$\{[^}]{0,40}\}?/g, (match, name?: string, fallback?: string) => {
    if (match === '$${') return '${';
    if (name === undefined) problem({ malformed: match });
    else if (fallback !== undefined) return own(env, name) || fallback;
    else if (own(env, name) === undefined) problem({ unset: name });
    else return own(env, name)!;
    return match;
  });
}

/** `process.env` inherits from Object, so `constructor` would be found there. */
function own(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}
