import type { JsonObject, StepConfig } from '@ship/core';
import { findCycles, needsOf, type Path } from '@ship/core/kernel';
import { errors } from './errors.js';
import { checkReference, checkSameNames, readDuration, readRetry, type Scope } from './scope.js';
import { type Dict, dictOf, isDict, listOf } from './values.js';

/** The steps of the merged config. */
export function normalizeSteps(scope: Scope, value: unknown, components: readonly string[]): readonly StepConfig[] {
  const items = listOf(value).map(dictOf);
  const steps = items.map((item, index) => normalizeStep(scope, ['steps', index], item, components));
  const isNamed = items.map(({ id }, index) => id !== undefined && !scope.diagnostics.isBroken(['steps', index, 'id']));
  checkOrder(scope, steps, isNamed);
  return steps;
}

function normalizeStep(scope: Scope, path: Path, value: Dict, components: readonly string[]): StepConfig {
  const { id, name, component, on, needs, when, retry, timeout, continue_on_error, critical, leaves } = value;
  if (typeof component === 'string') checkReference(scope, [...path, 'component'], component, 'component', components);
  const timeout_ms = readDuration(scope, [...path, 'timeout'], timeout, undefined);
  return scope.positioned(path, {
    id: String(id),
    ...(typeof name === 'string' && { name }),
    ...readAction(scope, path, value),
    ...(typeof component === 'string' && { component }),
    ...(typeof on === 'string' && { on }),
    ...(Array.isArray(needs) && { needs: needs.map(String) }),
    ...(isDict(when) && { when: when as JsonObject }),
    ...(isDict(retry) && { retry: readRetry(scope, [...path, 'retry'], retry) }),
    ...(timeout_ms !== undefined && { timeout_ms }),
    continue_on_error: continue_on_error === true,
    ...(typeof critical === 'boolean' && { critical }),
    ...(leaves === 'service' && { leaves }),
  });
}

/** Keys of a step that are input of the action that `run:` stands for. */
const SHORTHAND = ['run', 'undo', 'capture', 'probe', 'cwd', 'env', 'shell', 'irreversible'] as const;

const COMMANDS = ['run', 'undo', 'capture', 'probe'] as const;

/** Which action a step uses, and with what. */
function readAction(scope: Scope, path: Path, step: Dict): Pick<StepConfig, 'uses' | 'with'> {
  const uses = typeof step.uses === 'string' ? step.uses : scope.runAction;
  const input = dictOf(step.with);
  const given = SHORTHAND.filter((key) => step[key] !== undefined);
  const merged: Dict = { ...input, ...Object.fromEntries(given.map((key) => [key, step[key]])) };
  const add = (reason: string, ...key: string[]) => scope.add([...path, ...key], errors.SHIP_CONFIG_STEP, { reason }, 'key');
  if (scope.diagnostics.isBrokenAt(path)) return { uses, with: merged as JsonObject };
  if (step.uses === undefined && step.run === undefined) add('the step has neither `run` nor `uses`');
  if (step.uses !== undefined && step.run !== undefined) add('`run` and `uses` stand in one step: each is an action of its own', 'run');
  if (uses === 'deploy' && step.component === undefined) add('`uses: deploy` needs the `component` to deploy');
  for (const key of given) {
    if (key === 'run' && step.uses !== undefined) continue;
    if (uses !== scope.runAction) add(`\`${key}\` does not go with \`uses: ${uses}\``, key);
    else if (input[key] !== undefined) add(`\`${key}\` stands here and in \`with\``, key);
  }
  for (const key of uses === scope.runAction ? COMMANDS : []) {
    const command = merged[key];
    if (isBlank(command)) add(`\`${key}\` is empty`, key);
    if ([command].flat().some((text) => String(text).includes('\0'))) add(`\`${key}\` has a NUL byte in it`, key);
  }
  return { uses, with: merged as JsonObject };
}

function isBlank(command: unknown): boolean {
  return (typeof command === 'string' && command.trim() === '') || (Array.isArray(command) && command.length === 0);
}

/** Checks that ids differ, that `needs` names steps, and that no steps wait for each other. */
function checkOrder(scope: Scope, steps: readonly StepConfig[], isNamed: readonly boolean[]): void {
  const ids = steps.map(({ id }) => id);
  const named = ids.map((name, index) => ({ name, path: ['steps', index, 'id'] }));
  checkSameNames(
    scope,
    named.filter((_, index) => isNamed[index]),
    'value',
  );
  // One without a name may be the one that is meant.
  if (isNamed.includes(false)) return;
  for (const [index, { needs = [] }] of steps.entries()) {
    for (const [at, id] of needs.entries()) checkReference(scope, ['steps', index, 'needs', at], id, 'step', ids);
  }
  // Of two steps with one id, nobody can say which one is waited for.
  if (new Set(ids).size === ids.length) checkCycles(scope, steps);
}

function checkCycles(scope: Scope, steps: readonly StepConfig[]): void {
  for (const cycle of findCycles(new Map(steps.map(({ id }, index) => [id, needsOf(steps, index)])))) {
    const members = steps.flatMap((step, index) => (cycle.includes(step.id) ? [{ step, index }] : []));
    const stated = members.find(({ step }) => step.needs !== undefined) ?? members[0]!;
    const implicit = members.some(({ step }) => step.needs === undefined);
    const path = ['steps', stated.index, ...(stated.step.needs ? ['needs'] : [])];
    scope.add(path, errors.SHIP_CONFIG_CYCLE, { cycle, implicit });
  }
}
