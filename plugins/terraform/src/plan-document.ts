import type { Json } from '@ship/core';
import { errors } from './errors.js';

/** What would happen to one resource. */
export interface ResourceChange {
  readonly address: string;
  readonly type: string;
  readonly kind: 'create' | 'update' | 'replace' | 'delete' | 'forget';
  /** Why Terraform says so, such as `replace_because_tainted`. */
  readonly reason?: string;
  /** The names of the attributes that would change; never their values. */
  readonly attributes: readonly string[];
}

/** A resource that gets another address. */
export type Move = { readonly from: string; readonly to: string };

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
  readonly output_changes?: Readonly<Record<string, { readonly actions: readonly string[] }>>;
  readonly configuration?: { readonly root_module?: { readonly variables?: Readonly<Record<string, { readonly sensitive?: boolean }>> } };
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
    outputs: Object.entries(raw.output_changes ?? {}).flatMap(([name, { actions }]) => (actions.includes('no-op') ? [] : [name])),
    variables: Object.fromEntries(Object.entries(raw.variables ?? {}).map(([name, { value = null }]) => [name, value])),
    sensitive: Object.entries(declared).flatMap(([name, { sensitive }]) => (sensitive ? [name] : [])),
  };
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

function changeOf({ address, mode, type, action_reason, change }: RawChange): ResourceChange[] {
  const kind = mode === 'managed' ? kindOf(change.actions) : undefined;
  if (kind === undefined) return [];
  const attributes = kind === 'update' || kind === 'replace' ? changedAttributes(change) : [];
  return [{ address, type, kind, attributes, ...(action_reason === undefined ? {} : { reason: action_reason }) }];
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
