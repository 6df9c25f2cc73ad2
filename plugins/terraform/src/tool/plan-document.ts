import type { Json } from '@ship/core';
import { errors } from '../errors.js';
import { unindexed } from './address.js';
import { keptNumbers, parseVariables } from './numbers.js';
import { withUnknown } from './unknown.js';

/** What would happen to one resource. */
export interface ResourceChange {
  readonly address: string;
  readonly type: string;
  readonly kind: 'create' | 'update' | 'replace' | 'delete' | 'forget';
  /** Why Terraform says so, such as `replace_because_tainted`. */
  readonly reason?: string;
  /** The names of the attributes that would change; never their values. */
  readonly attributes: readonly string[];
  /** It is the older one of a resource that was made anew, and that was to go after its successor had come. */
  readonly isDeposed?: true;
}

/** A resource that gets another address. */
export type Move = { readonly from: string; readonly to: string };

/** A resource as it would be afterwards. */
export interface Result {
  readonly address: string;
  /** What the configuration itself says of it; what a provider makes up is left out. What only the apply knows is `UNKNOWN`. */
  readonly configured: Readonly<Record<string, unknown>>;
  /** All of it. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** A plan, as far as ship reads it. */
export interface PlanDocument {
  /** Would anything change, outputs included? */
  readonly differs: boolean;
  readonly changes: readonly ResourceChange[];
  /** Addresses of what is imported. */
  readonly imports: readonly string[];
  readonly moves: readonly Move[];
  /** Where the infrastructure has drifted from the state. */
  readonly drift: readonly ResourceChange[];
  /** What would be there afterwards, as far as the plan looks at it. */
  readonly results: readonly Result[];
  /** The values of outputs afterwards; what only the apply knows is `UNKNOWN`. */
  readonly outputValues: Readonly<Record<string, unknown>>;
  /** The names of those that would be there no more. */
  readonly outputsRemoved: readonly string[];
  /** The names of outputs that would change. */
  readonly outputs: readonly string[];
  /** Every variable of the root module, with the value that the plan was made with. */
  readonly variables: Readonly<Record<string, Json>>;
  /** The names of those that the configuration calls sensitive. */
  readonly sensitive: readonly string[];
}

interface RawChange {
  readonly address: string;
  readonly previous_address?: string;
  readonly mode: string;
  readonly type: string;
  readonly action_reason?: string;
  readonly deposed?: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly before: unknown;
    readonly after: unknown;
    readonly after_unknown?: unknown;
    readonly importing?: unknown;
  };
}

interface RawPlan {
  readonly format_version?: string;
  readonly variables?: Readonly<Record<string, { readonly value?: Json }>>;
  readonly resource_changes?: readonly RawChange[];
  readonly resource_drift?: readonly RawChange[];
  readonly output_changes?: Readonly<
    Record<string, { readonly actions: readonly string[]; readonly after?: unknown; readonly after_unknown?: unknown }>
  >;
  readonly configuration?: { readonly root_module?: RawModule };
}

interface RawModule {
  readonly variables?: Readonly<Record<string, { readonly sensitive?: boolean }>>;
  readonly resources?: readonly { readonly address: string; readonly expressions?: Readonly<Record<string, unknown>> }[];
  readonly module_calls?: Readonly<Record<string, { readonly module?: RawModule }>>;
}

/** Reads what `show -json` writes of a plan. */
export function readPlan(text: string, differs: boolean): PlanDocument {
  const raw = parsed(text);
  const declared = raw.configuration?.root_module?.variables ?? {};
  return {
    differs,
    changes: (raw.resource_changes ?? []).flatMap(changeOf),
    imports: (raw.resource_changes ?? []).filter(({ change }) => change.importing !== undefined).map(({ address }) => address),
    moves: (raw.resource_changes ?? []).flatMap(({ previous_address: from, address: to }) => (from === undefined ? [] : [{ from, to }])),
    drift: (raw.resource_drift ?? []).flatMap(changeOf),
    results: resultsOf(raw),
    outputValues: Object.fromEntries(
      Object.entries(raw.output_changes ?? {}).flatMap(([name, { actions, after, after_unknown }]) =>
        actions.includes('delete') ? [] : [[name, withUnknown(after, after_unknown)]],
      ),
    ),
    outputsRemoved: Object.entries(raw.output_changes ?? {}).flatMap(([name, { actions }]) => (actions.includes('delete') ? [name] : [])),
    outputs: Object.entries(raw.output_changes ?? {}).flatMap(([name, { actions }]) => (actions.includes('no-op') ? [] : [name])),
    variables: variablesIn(text, raw),
    sensitive: Object.entries(declared).flatMap(([name, { sensitive }]) => (sensitive ? [name] : [])),
  };
}

/** Numbers of any size keep their digits, which takes a slower reader; so only where there are variables. */
function variablesIn(text: string, { variables = {} }: RawPlan): Record<string, Json> {
  if (Object.keys(variables).length === 0) return {};
  const { variables: exact } = parseVariables(text) as { variables: Record<string, { value?: unknown }> };
  return Object.fromEntries(Object.entries(exact).map(([name, { value = null }]) => [name, keptNumbers(value)]));
}

function resultsOf({ resource_changes = [], configuration }: RawPlan): Result[] {
  const configured = new Map(configuredIn(configuration?.root_module ?? {}, ''));
  return resource_changes.flatMap(({ address, mode, change, deposed }) => {
    if (mode !== 'managed' || deposed !== undefined || change.after === null || change.actions.includes('forget')) return [];
    const { after, after_unknown } = change as { after: Record<string, unknown>; after_unknown?: Record<string, unknown> };
    const values = withUnknown(after, after_unknown) as Record<string, unknown>;
    const said = (configured.get(unindexed(address)) ?? []).filter((name) => name in values);
    return [{ address, configured: Object.fromEntries(said.map((name) => [name, values[name]])), values }];
  });
}

function* configuredIn({ resources = [], module_calls = {} }: RawModule, prefix: string): Generator<[address: string, names: string[]]> {
  for (const { address, expressions = {} } of resources) yield [`${prefix}${address}`, Object.keys(expressions)];
  for (const [name, { module = {} }] of Object.entries(module_calls)) yield* configuredIn(module, `${prefix}module.${name}.`);
}

function parsed(text: string): RawPlan {
  try {
    const raw = JSON.parse(text) as RawPlan;
    if (raw.format_version?.startsWith('1.')) return raw;
    throw new Error(`its format is ${JSON.stringify(raw.format_version)}, and 1 is known`);
  } catch (cause) {
    throw errors.SHIP_TERRAFORM_UNREADABLE(
      { what: 'the plan', problem: cause instanceof Error ? cause.message : String(cause) },
      { cause },
    );
  }
}

function changeOf({ address, mode, type, action_reason, change, deposed }: RawChange): ResourceChange[] {
  const kind = mode === 'managed' ? kindOf(change.actions) : undefined;
  if (kind === undefined) return [];
  const attributes = kind === 'update' || kind === 'replace' ? changedAttributes(change) : [];
  return [
    {
      address,
      type,
      kind,
      attributes,
      ...(action_reason === undefined ? {} : { reason: action_reason }),
      ...(deposed === undefined ? {} : { isDeposed: true }),
    },
  ];
}

function kindOf(actions: readonly string[]): ResourceChange['kind'] | undefined {
  if (actions.includes('delete')) return actions.includes('create') ? 'replace' : 'delete';
  return (['create', 'update', 'forget'] as const).find((kind) => actions.includes(kind));
}

function changedAttributes({ before, after, after_unknown }: RawChange['change']): string[] {
  const [from, to, unknown] = [before, after, after_unknown].map((each) => (each ?? {}) as Record<string, unknown>) as [
    Record<string, unknown>,
    Record<string, unknown>,
    Record<string, unknown>,
  ];
  const names = new Set([...Object.keys(from), ...Object.keys(to), ...Object.keys(unknown)]);
  return [...names].filter((name) => unknown[name] === true || JSON.stringify(from[name]) !== JSON.stringify(to[name])).sort();
}
