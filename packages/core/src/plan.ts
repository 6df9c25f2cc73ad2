import { type Diagnostics, type Path, type PositionOf, suggest } from './config/index.js';
import { errors } from './errors/catalogue.js';
import { inOrder } from './graph.js';
import type { Registry, Table } from './plugins/registry.js';
import type { SchemaChecker } from './plugins/schema.js';
import {
  type AnyAction,
  type Config,
  type Executor,
  type Finding,
  type JsonSchema,
  type Plan,
  type Position,
  type Router,
  type RouterConfig,
  type Step,
  type StepConfig,
  SUITES,
} from './types/index.js';
import type { Writable } from './types/json.js';

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
  const { config } = parts;
  const steps = await resolveAll(config, new Names(parts));
  parts.diagnostics.throwIfAny();
  const ordered = inOrder(
    steps,
    (step) => step.id,
    (step) => step.needs,
  );
  const components = inOrder(
    Object.values(config.components),
    (component) => component.name,
    (component) => component.depends_on,
  );
  return Object.freeze({ config, steps: ordered, components, findings: findings(ordered, config) });
}

/** Adds the mistakes that a plan would have, but for what only follows from those that are reported. */
export async function checkPlan(parts: PlanParts): Promise<void> {
  await resolveAll(parts.config, new Names(parts));
}

async function resolveAll(config: Config, names: Names): Promise<Step[]> {
  const place = () => ({ subject: 'store', thing: ['store'], at: ['store'], inputAt: [] });
  await names.use({ table: names.registry.stores, name: config.store, input: undefined, schema: () => undefined, place });
  await checkComponents(config, names);
  const steps: Step[] = [];
  for (let index = 0; index < config.steps.length; index++) {
    const step = config.steps[index]!;
    const action = names.use({
      table: names.registry.actions,
      name: step.uses,
      input: step.with,
      schema: inputOf,
      place: () => placeOfStep(step, index),
    });
    if (step.on !== undefined) await names.use(placeUse(names, step, index));
    if (step.when !== undefined) await checkConditions(step, index, names);
    // To wait for what is there takes longer than all else that a step needs.
    steps.push(plannedStep(step, index, config, action instanceof Promise ? await action : action));
  }
  await checkSuites(config, names);
  return steps;
}

/** Something that the config names, and what it gives it. */
interface Use<T> {
  readonly table: Table<T>;
  readonly name: string;
  readonly schema: (item: T) => JsonSchema | undefined;
  readonly input: unknown;
  /** Asked for only where something is wrong. */
  readonly place: () => Place;
}

/** How people call what the config names, and where it stands. */
interface Place {
  readonly subject: string;
  /** Where the whole thing stands in the config. */
  readonly thing: Path;
  /** Where the name stands. */
  readonly at: Path;
  /** Where its input stands, or parts of it, the usual place first. */
  readonly inputAt: readonly Path[];
}

const isSamePlace = (one: Position, other: Position): boolean => one.line === other.line && one.column === other.column;

/** Looks up what the config names. */
class Names {
  constructor(private readonly parts: PlanParts) {}

  get registry(): Registry {
    return this.parts.registry;
  }

  /** What a name stands for; undefined where there is nothing, or where its input does not fit. */
  use<T>(use: Use<T>): T | undefined | Promise<T | undefined> {
    const item = use.table.get(use.name);
    const demanded = item === undefined ? undefined : use.schema(item);
    // A promise for each would be most of the work on a plan that is right.
    if (item !== undefined && (demanded === undefined || this.parts.checker.accepts(demanded, use.input))) return item;
    return this.#look(use, item, demanded);
  }

  async #look<T>(use: Use<T>, item: T | undefined, demanded: JsonSchema | undefined): Promise<T | undefined> {
    const { table, name, input } = use;
    const place = use.place();
    const { subject, thing, at } = place;
    const { diagnostics } = this.parts;
    if (item === undefined || demanded === undefined) {
      if (this.#isDoubtful(use, place)) return undefined;
      const known = table.names();
      const offered = suggest(name.split('/')[0]!, this.parts.offers);
      const details = { kind: table.kind, name, known, suggestion: suggest(name, known), offered, prefix: `${subject}: ` };
      diagnostics.add(errors.SHIP_NAME_UNKNOWN(details, { at: this.parts.positionOf(at) }));
      return undefined;
    }
    const owner = { plugin: table.ownerOf(name)!, what: `${table.kind} ${name}`, at: () => this.parts.positionOf(at) };
    const mistakes = await diagnostics.collect(() => this.parts.checker.check(demanded, input, owner));
    for (const { path, message, hint } of mistakes ?? []) {
      const placeOfInput = this.#placeOfInput(place.inputAt, path);
      if (diagnostics.isReported(placeOfInput, thing)) continue;
      const position = this.parts.positionOf(placeOfInput);
      diagnostics.add(errors.SHIP_INPUT_INVALID({ subject, path: path.join('.'), message, hint }, { at: position }));
    }
    return mistakes?.length === 0 ? item : undefined;
  }

  /** A name that nobody wrote, that was refused for what it is, or that a missing plugin may know. */
  #isDoubtful<T>({ table, name }: Use<T>, { thing, at }: Place): boolean {
    const { diagnostics, registry } = this.parts;
    const usable = registry.plugins.map((plugin) => plugin.name);
    if (diagnostics.isLost(table.kind, name, table.names(), usable) || diagnostics.isReported(at)) return true;
    return diagnostics.isReported(thing) && !this.#isWritten(at, thing);
  }

  /** Whether there is anything at a place: if not, what is around it stands there. */
  #isWritten(place: Path, around: Path): boolean {
    const { positionOf } = this.parts;
    return !isSamePlace(positionOf(place), positionOf(around));
  }

  #placeOfInput(places: readonly Path[], path: Path): Path {
    return [...(places.find((place) => this.#isWritten([...place, ...path], place)) ?? places[0]!), ...path];
  }

  /** A condition on an environment that the config does not have would never hold. */
  environments(wanted: readonly string[], subject: string, at: Path): void {
    const { environments, environment } = this.parts.config;
    if (this.parts.diagnostics.isReported(['environments'])) return;
    const known = environments.length > 0 ? environments : [environment];
    for (const name of wanted.filter((each) => !known.includes(each))) {
      const details = { kind: 'environment', name, known, suggestion: suggest(name, known), prefix: `${subject}: ` };
      this.parts.diagnostics.add(errors.SHIP_NAME_UNKNOWN(details, { at: this.parts.positionOf(at) }));
    }
  }
}

async function checkComponents({ components }: Config, names: Names): Promise<void> {
  for (const { name, driver, settings, router } of Object.values(components)) {
    const at = ['components', name];
    const place = () => ({ subject: `component ${name}`, thing: at, at: [...at, 'driver'], inputAt: [at] });
    await names.use({ table: names.registry.drivers, name: driver, input: settings, schema: settingsOf, place });
    if (router) await names.use(routerUse(names, name, router));
  }
}

function routerUse({ registry }: Names, component: string, { name, settings }: RouterConfig): Use<Router> {
  const at = ['components', component, 'router'];
  const place = () => ({ subject: `component ${component}`, thing: at, at, inputAt: [[...at, name]] });
  return { table: registry.routers, name, input: settings, schema: settingsOf, place };
}

async function checkSuites({ verify }: Config, names: Names): Promise<void> {
  for (const suite of SUITES) {
    for (const [index, check] of verify[suite].entries()) {
      const at = ['verify', suite, index];
      const place = () => ({ subject: `check ${check.name}`, thing: at, at, inputAt: [at] });
      await names.use({ table: names.registry.checks, name: check.kind, input: check.with, schema: inputOf, place });
    }
  }
}

function placeOfStep({ id }: StepConfig, index: number): Place {
  const at = ['steps', index];
  // Input stands below `with:`, or in the step itself where it is short for that, as `run:` is.
  return { subject: `step ${id}`, thing: at, at: [...at, 'uses'], inputAt: [[...at, 'with'], at] };
}

/** A place has no input: what it is made of is the business of its plugin. */
function placeUse({ registry }: Names, { id, on = '' }: StepConfig, index: number): Use<Executor> {
  const at = ['steps', index, 'on'];
  const place = () => ({ subject: `step ${id}`, thing: at, at, inputAt: [] });
  return { table: registry.executors, name: on, input: undefined, schema: () => undefined, place };
}

const inputOf = ({ input }: { readonly input?: JsonSchema }): JsonSchema | undefined => input;
const settingsOf = ({ settings }: { readonly settings?: JsonSchema }): JsonSchema | undefined => settings;

async function checkConditions({ id, when = {} }: StepConfig, index: number, names: Names): Promise<void> {
  const subject = `step ${id}`;
  for (const [name, input] of Object.entries(when)) {
    const at = ['steps', index, 'when', name];
    if (name === 'environment') names.environments([input].flat().map(String), subject, at);
    const place = () => ({ subject, thing: at, at, inputAt: [at] });
    await names.use({ table: names.registry.conditions, name, input, schema: inputOf, place });
  }
}

function plannedStep(step: StepConfig, index: number, config: Config, action: AnyAction | undefined): Step {
  const { id, name, uses, when, retry } = step;
  const irreversible = typeof action?.irreversible === 'function' ? action.irreversible(step.with) : action?.irreversible;
  const component = step.component === undefined ? undefined : config.components[step.component];
  const planned: Writable<Step> = {
    id,
    uses,
    input: step.with,
    needs: step.needs ?? previous(config.steps, index),
    timeout_ms: step.timeout_ms ?? DEFAULT_STEP_TIMEOUT_MS,
    continue_on_error: step.continue_on_error,
    critical: step.critical ?? action?.critical ?? true,
  };
  if (name !== undefined) planned.name = name;
  if (component !== undefined) planned.component = component;
  if (step.on !== undefined) planned.on = step.on;
  if (when !== undefined) planned.when = when;
  if (retry !== undefined) planned.retry = retry;
  if (irreversible !== undefined) planned.irreversible = irreversible;
  return Object.freeze(planned);
}

const previous = (steps: readonly StepConfig[], index: number): string[] => (index === 0 ? [] : [steps[index - 1]!.id]);

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
