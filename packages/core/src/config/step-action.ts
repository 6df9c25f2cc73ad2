import { errors } from '../errors/catalogue.js';
import type { JsonObject, StepConfig } from '../types/index.js';
import { type Dict, isDict, type Path } from './paths.js';
import type { Scope } from './scope.js';

/** The action that a step with `run` uses. */
const SHELL = 'shell/run';

/** Keys of a step that are input of `shell/run`. */
const SHORTHAND = ['run', 'undo', 'capture', 'probe', 'cwd', 'env', 'shell', 'irreversible'] as const;

const COMMANDS = ['run', 'undo', 'capture', 'probe'] as const;

/** Which action a step uses, and with what. */
export function readAction(scope: Scope, path: Path, step: Dict): Pick<StepConfig, 'uses' | 'with'> {
  const uses = typeof step.uses === 'string' ? step.uses : SHELL;
  const input = isDict(step.with) ? step.with : {};
  const given: string[] = [];
  const merged: Dict = { ...input };
  SHORTHAND.forEach((key) => {
    if (step[key] === undefined) return;
    given.push(key);
    merged[key] = step[key];
  });
  if (!scope.isBrokenAt(path)) problems(step, uses, input, merged, given, (...problem) => addProblem(scope, path, problem));
  return { uses, with: merged as JsonObject };
}

/** The key it is about, if there is one, and what is wrong. */
type Problem = readonly [key: string | undefined, reason: string];

function problems(step: Dict, uses: string, input: Dict, merged: Dict, given: readonly string[], add: (...problem: Problem) => void): void {
  if (step.uses === undefined && step.run === undefined) add(undefined, 'the step has neither `run` nor `uses`');
  if (uses === 'deploy' && step.component === undefined) add(undefined, '`uses: deploy` needs the `component` to deploy');
  given.forEach((key) => {
    if (uses !== SHELL) add(key, `\`${key}\` does not go with \`uses: ${uses}\``);
    else if (input[key] !== undefined) add(key, `\`${key}\` stands here and in \`with\``);
  });
  if (uses !== SHELL) return;
  COMMANDS.forEach((key) => {
    if (Array.isArray(merged[key]) && merged.shell !== false) add(key, `\`${key}\` is a list of arguments, which needs \`shell: false\``);
    if (isBlank(merged[key])) add(key, `\`${key}\` is empty`);
  });
}

function isBlank(command: unknown): boolean {
  return (typeof command === 'string' && command.trim() === '') || (Array.isArray(command) && command.length === 0);
}

function addProblem(scope: Scope, path: Path, [key, reason]: Problem): void {
  const place = key === undefined ? path : [...path, key];
  scope.add(place, ({ path: shown, extras }) => errors.SHIP_CONFIG_STEP({ path: shown, reason }, extras), 'key');
}
