import type { Diagnostics, Path, PositionOf } from './diagnostics.js';
import { errors } from './errors/catalogue.js';
import { suggest } from './errors/suggest.js';
import { inOrder } from './graph.js';
import type { Registry, Table } from './plugins/registry.js';
import {
  type AnyAction,
  type CheckConfig,
  type ComponentConfig,
  type Config,
  type Finding,
  type JsonSchema,
  type Plan,
  type SchemaChecker,
  type Step,
  type StepConfig,
  SUITES,
} from './types/index.js';

/** A step that says nothing may take this long. */
export const DEFAULT_STEP_TIMEOUT_MS = 1_800_000;

/** What a plan is made of. */
export interface PlanParts {
  readonly config: Config;
  readonly registry: Registry;
  readonly checker: SchemaChecker;
  readonly positionOf: PositionOf;
  /** What is wrong with the config already; the plan's own mistakes are added. */
  readonly diagnostics: Diagnostics;
  /** Plugins that could be switched on. */
  readonly offers: readonly string[];
}

/**
 * Resolves a config to a plan: every action, driver, check and condition is there, every input fits,
 * and each step comes after what it needs. All mistakes come together, as SHIP_CONFIG_INVALID.
 */
export async function buildPlan(parts: PlanParts): Promise<Plan> {
  const { config, registry, diagnostics } = parts;
  await checkPlan(parts);
  diagnostics.throwIfAny();
  const steps = inOrder(
    config.steps.map((step, index) => plannedStep(step, index, config, registry.actions.get(step.uses)!)),
    (step) => step.id,
    (step) => step.needs,
  );
  const components = inOrder(
    Object.values(config.components),
    (component) => component.name,
    (component) => component.depends_on,
  );
  return Object.freeze({ config, steps, components, findings: findings(steps, config) });
}

/** Adds the mistakes that a plan would have, but for what only follows from those that are reported. */
export async function checkPlan(parts: PlanParts): Promise<void> {
  for (const use of usesOf(parts)) {
    if (use.table === parts.registry.conditions && use.name === 'environment') checkEnvironments(use, parts);
    await checkUse(use, parts);
  }
}

/** Something that the config names, what it gives it, and where it stands. */
interface Use {
  readonly table: Pick<Table<unknown>, 'kind' | 'get' | 'names' | 'ownerOf'>;
  readonly name: string;
  readonly input?: unknown;
  /** What the input has to be like; absent where it is nobody's business, or where the name stands for nothing. */
  readonly schema?: JsonSchema | undefined;
  /** How people call what names it. */
  readonly subject: string;
  /** Where the whole thing stands in the config. */
  readonly thing: Path;
  /** Where the name stands. */
  readonly at: Path;
  /** Where its input stands, or parts of it, the usual place first. */
  readonly inputAt: readonly Path[];
}

/** All that a config names. */
function usesOf({ config, registry }: PlanParts): Use[] {
  return [
    { table: registry.stores, name: config.store, subject: 'store', thing: ['store'], at: ['store'], inputAt: [] },
    ...Object.values(config.components).flatMap((component) => usesOfComponent(component, registry)),
    ...config.steps.flatMap((step, index) => usesOfStep(step, ['steps', index], registry)),
    ...SUITES.flatMap((suite) => config.verify[suite].map((check, index) => useOfCheck(check, ['verify', suite, index], registry))),
  ];
}

function usesOfComponent({ name, driver, settings, router }: ComponentConfig, { drivers, routers }: Registry): Use[] {
  const at = ['components', name];
  const subject = `component ${name}`;
  const schema = drivers.get(driver)?.settings;
  const own = { table: drivers, name: driver, input: settings, schema, subject, thing: at, at: [...at, 'driver'], inputAt: [at] };
  if (!router) return [own];
  const place = { subject, thing: [...at, 'router'], at: [...at, 'router'], inputAt: [[...at, 'router', router.name]] };
  return [own, { table: routers, name: router.name, input: router.settings, schema: routers.get(router.name)?.settings, ...place }];
}

function usesOfStep({ id, uses, with: input, on, when = {} }: StepConfig, at: Path, { actions, executors, conditions }: Registry): Use[] {
  const subject = `step ${id}`;
  // Input stands below `with:`, or in the step itself where it is short for that, as `run:` is.
  const place = { subject, thing: at, at: [...at, 'uses'], inputAt: [[...at, 'with'], at] };
  const places = (path: Path) => ({ subject, thing: path, at: path, inputAt: [path] });
  return [
    { table: actions, name: uses, input, schema: actions.get(uses)?.input, ...place },
    ...(on === undefined ? [] : [{ table: executors, name: on, ...places([...at, 'on']) }]),
    ...Object.entries(when).map(([name, argument]) => {
      return { table: conditions, name, input: argument, schema: conditions.get(name)?.input, ...places([...at, 'when', name]) };
    }),
  ];
}

function useOfCheck({ name, kind, with: input }: CheckConfig, at: Path, { checks }: Registry): Use {
  return { table: checks, name: kind, input, schema: checks.get(kind)?.input, subject: `check ${name}`, thing: at, at, inputAt: [at] };
}

/** Adds a mistake where a name stands for nothing, or where its input does not fit. */
async function checkUse(use: Use, { checker, diagnostics, positionOf, registry, offers }: PlanParts): Promise<void> {
  const { table, name, input, schema, subject, thing, at, inputAt } = use;
  /** Whether there is anything at a place: if not, what is around it stands there. */
  const isWritten = (place: Path, around: Path) => {
    const [one, other] = [positionOf(place), positionOf(around)];
    return one.line !== other.line || one.column !== other.column;
  };
  const known = table.names();
  if (table.get(name) === undefined) {
    const usable = registry.plugins.map((plugin) => plugin.name);
    // A name that a missing plugin may know, that was refused for what it is, or that nobody wrote.
    if (diagnostics.isLost(table.kind, name, known, usable) || diagnostics.isReported(at)) return;
    if (diagnostics.isReported(thing) && !isWritten(at, thing)) return;
    const offered = suggest(name.split('/')[0]!, offers);
    const details = { kind: table.kind, name, known, suggestion: suggest(name, known), offered, prefix: `${subject}: ` };
    diagnostics.add(errors.SHIP_NAME_UNKNOWN(details, { at: positionOf(at) }));
    return;
  }
  if (schema === undefined || checker.accepts(schema, input)) return;
  const owner = { plugin: table.ownerOf(name)!, what: `${table.kind} ${name}`, at: () => positionOf(at) };
  for (const { path, message, hint } of (await diagnostics.collect(() => checker.check(schema, input, owner))) ?? []) {
    const place = [...(inputAt.find((each) => isWritten([...each, ...path], each)) ?? inputAt[0]!), ...path];
    if (diagnostics.isReported(place, thing)) continue;
    diagnostics.add(errors.SHIP_INPUT_INVALID({ subject, path: path.join('.'), message, hint }, { at: positionOf(place) }));
  }
}

/** A condition on an environment that the config does not have would never hold. */
function checkEnvironments({ input, subject, at }: Use, { config, diagnostics, positionOf }: PlanParts): void {
  if (diagnostics.isReported(['environments'])) return;
  const known = config.environments.length > 0 ? config.environments : [config.environment];
  for (const name of [input].flat().map(String)) {
    if (known.includes(name)) continue;
    const details = { kind: 'environment', name, known, suggestion: suggest(name, known), prefix: `${subject}: ` };
    diagnostics.add(errors.SHIP_NAME_UNKNOWN(details, { at: positionOf(at) }));
  }
}

function plannedStep(step: StepConfig, index: number, config: Config, action: AnyAction): Step {
  const { id, name, uses, on, when, retry, leaves } = step;
  const irreversible = typeof action.irreversible === 'function' ? action.irreversible(step.with) : action.irreversible;
  const component = step.component === undefined ? undefined : config.components[step.component];
  return Object.freeze<Step>({
    id,
    uses,
    input: step.with,
    needs: needsOf(config.steps, index),
    timeout_ms: step.timeout_ms ?? DEFAULT_STEP_TIMEOUT_MS,
    continue_on_error: step.continue_on_error,
    critical: step.critical ?? action.critical ?? true,
    ...(name !== undefined && { name }),
    ...(component !== undefined && { component }),
    ...(on !== undefined && { on }),
    ...(when !== undefined && { when }),
    ...(retry !== undefined && { retry }),
    ...(leaves !== undefined && { leaves }),
    ...(irreversible !== undefined && { irreversible }),
  });
}

function findings(steps: readonly Step[], config: Config): Finding[] {
  return steps.flatMap((step, index) => {
    if (step.irreversible === undefined) return [];
    const later = steps.slice(index + 1).filter((other) => other.irreversible === undefined);
    if (later.length === 0) return [];
    const after = later.map(({ id }) => id).join(', ');
    const message = `step ${step.id} cannot be undone (${step.irreversible}) and runs before ${after}: if one of these fails, ${step.id} stays. Put it last.`;
    const position = config.steps.find(({ id }) => id === step.id)?.position;
    return [{ level: 'warn' as const, rule: 'irreversible-last', message, ...(position ? { position } : {}) }];
  });
}

/** What a step waits for: without `needs` the one above it. */
export function needsOf(steps: readonly StepConfig[], index: number): readonly string[] {
  return steps[index]?.needs ?? steps.slice(Math.max(0, index - 1), index).map(({ id }) => id);
}
