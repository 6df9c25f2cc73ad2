import { suggest } from './config/suggest.js';
import { errors } from './errors/catalogue.js';
import type { ShipError } from './errors/ship-error.js';
import type { Registry } from './plugins/registry.js';
import type { SchemaChecker } from './plugins/schema.js';
import {
  type CheckConfig,
  type ComponentConfig,
  type Config,
  type Finding,
  type Json,
  type JsonSchema,
  type Plan,
  type Position,
  type Step,
  type StepConfig,
  SUITES,
} from './types/index.js';

/** A step that says nothing may take this long. */
export const DEFAULT_STEP_TIMEOUT_MS = 1_800_000;

/** What checks names and inputs: all mistakes end up in one list. */
interface Checking {
  readonly registry: Registry;
  readonly checker: SchemaChecker;
  readonly mistakes: ShipError[];
}

/**
 * Resolves a config to a plan: every action, driver, check and condition is there, every input fits,
 * and each step comes after what it needs. All mistakes come together, as SHIP_PLAN_INVALID.
 */
export async function buildPlan(config: Config, registry: Registry, checker: SchemaChecker): Promise<Plan> {
  const checking: Checking = { registry, checker, mistakes: [] };
  for (const component of Object.values(config.components)) await checkComponent(component, checking);
  const steps: Step[] = [];
  for (const [index, step] of config.steps.entries()) steps.push(await resolveStep(step, index, config, checking));
  for (const suite of SUITES) for (const check of config.verify[suite]) await checkCheck(check, checking);
  const { mistakes } = checking;
  if (mistakes.length > 0) throw errors.SHIP_CONFIG_INVALID({ file: config.file, count: mistakes.length }, { errors: mistakes });
  const ordered = inOrder(
    steps,
    (step) => step.id,
    (step) => step.needs,
  );
  return Object.freeze({ config, steps: ordered, components: componentsInOrder(config), findings: findings(ordered) });
}

/** Components, dependencies first. */
function componentsInOrder(config: Config): ComponentConfig[] {
  return inOrder(
    Object.values(config.components),
    (component) => component.name,
    (component) => component.depends_on,
  );
}

async function resolveStep(step: StepConfig, index: number, config: Config, checking: Checking): Promise<Step> {
  const action = checking.registry.actions.get(step.uses);
  if (action === undefined) checking.mistakes.push(unknown('action', step.uses, checking.registry.actions.names(), step.position));
  else if (action.input) await checkInput(`step ${step.id}`, action.input, step.with, step.position, checking);
  for (const [name, argument] of Object.entries(step.when ?? {})) await checkCondition(step, name, argument, checking);
  const irreversible = typeof action?.irreversible === 'function' ? action.irreversible(step.with) : action?.irreversible;
  const component = step.component === undefined ? undefined : config.components[step.component];
  return Object.freeze({
    id: step.id,
    ...(step.name === undefined ? {} : { name: step.name }),
    uses: step.uses,
    ...(component ? { component } : {}),
    input: step.with,
    needs: step.needs ?? previous(config.steps, index),
    ...(step.when ? { when: step.when } : {}),
    ...(step.retry ? { retry: step.retry } : {}),
    timeout_ms: step.timeout_ms ?? DEFAULT_STEP_TIMEOUT_MS,
    continue_on_error: step.continue_on_error,
    critical: step.critical ?? action?.critical ?? true,
    ...(irreversible === undefined ? {} : { irreversible }),
    ...(step.position ? { position: step.position } : {}),
  });
}

const previous = (steps: readonly StepConfig[], index: number): string[] => (index === 0 ? [] : [steps[index - 1]!.id]);

async function checkComponent(component: ComponentConfig, checking: Checking): Promise<void> {
  const driver = checking.registry.drivers.get(component.driver);
  if (driver === undefined)
    checking.mistakes.push(
      unknown('driver', component.driver, checking.registry.drivers.names(), undefined, `component ${component.name}: `),
    );
  else await checkInput(`component ${component.name}`, driver.settings, component.settings, undefined, checking);
}

async function checkCheck(check: CheckConfig, checking: Checking): Promise<void> {
  const kind = checking.registry.checks.get(check.kind);
  if (kind === undefined) checking.mistakes.push(unknown('check', check.kind, checking.registry.checks.names(), check.position));
  else await checkInput(`check ${check.name}`, kind.input, check.with, check.position, checking);
}

async function checkCondition(step: StepConfig, name: string, argument: Json, checking: Checking): Promise<void> {
  const condition = checking.registry.conditions.get(name);
  if (condition === undefined) checking.mistakes.push(unknown('condition', name, checking.registry.conditions.names(), step.position));
  else await checkInput(`step ${step.id}, when.${name}`, condition.input, argument, step.position, checking);
}

async function checkInput(
  subject: string,
  schema: JsonSchema,
  value: unknown,
  at: Position | undefined,
  { checker, mistakes }: Checking,
): Promise<void> {
  for (const { path, message, hint } of await checker.check(schema, value)) {
    mistakes.push(errors.SHIP_INPUT_INVALID({ subject, path: path.join('.'), message, hint }, { at }));
  }
}

function unknown(kind: string, name: string, known: readonly string[], at: Position | undefined, prefix = ''): ShipError {
  return errors.SHIP_NAME_UNKNOWN({ kind, name, known, suggestion: suggest(name, known), prefix }, { at });
}

/** Orders items so that each comes after what it needs, and otherwise as written. The config has refused cycles. */
export function inOrder<T>(items: readonly T[], id: (item: T) => string, needs: (item: T) => readonly string[]): T[] {
  const byId = new Map(items.map((item) => [id(item), item]));
  const ordered = new Set<T>();
  const visit = (item: T) => {
    if (ordered.has(item)) return;
    for (const need of needs(item)) {
      const needed = byId.get(need);
      if (needed && !ordered.has(needed)) visit(needed);
    }
    ordered.add(item);
  };
  for (const item of items) visit(item);
  return [...ordered];
}

function findings(steps: readonly Step[]): Finding[] {
  return steps.flatMap((step, index) => {
    const later = steps.slice(index + 1).filter((other) => other.irreversible === undefined);
    if (step.irreversible === undefined || later.length === 0) return [];
    const message = `step ${step.id} cannot be undone (${step.irreversible}) and runs before ${later.map(({ id }) => id).join(', ')}: if one of these fails, ${step.id} stays. Put it last.`;
    return [{ level: 'warn' as const, rule: 'irreversible-last', message, ...(step.position ? { position: step.position } : {}) }];
  });
}
