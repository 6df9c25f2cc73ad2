import { isDeepStrictEqual } from 'node:util';
import { sha256 } from '@ship/core';
import type { Configuration } from '../applied.js';
import { errors } from '../errors.js';
import { unindexed } from '../tool/address.js';
import type { PlanDocument } from '../tool/plan-document.js';
import { asKnown, holdsUnknown, UNKNOWN } from '../tool/unknown.js';
import { holdsRotated } from './rotated.js';

/** What a state held: the infrastructure as it was. */
export interface Truth {
  /** The attributes of what was managed, by address. */
  readonly resources: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

interface RawModule {
  readonly resources?: readonly {
    readonly address: string;
    readonly mode: string;
    readonly values?: Readonly<Record<string, unknown>>;
    readonly deposed_key?: string;
  }[];
  readonly child_modules?: readonly RawModule[];
}

/** Reads what `show -json` writes of a state. */
export function readTruth(text: string): Truth {
  let raw: {
    readonly values?: { readonly root_module?: RawModule; readonly outputs?: Readonly<Record<string, { readonly value?: unknown }>> };
  };
  try {
    raw = JSON.parse(text) as typeof raw;
  } catch (cause) {
    throw errors.SHIP_TERRAFORM_UNREADABLE({ what: 'the captured state', problem: (cause as Error).message }, { cause });
  }
  const { root_module = {}, outputs = {} } = raw.values ?? {};
  return {
    resources: new Map(resourcesIn(root_module)),
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value])),
  };
}

function* resourcesIn({
  resources = [],
  child_modules = [],
}: RawModule): Generator<[address: string, values: Readonly<Record<string, unknown>>]> {
  for (const { address, mode, values = {}, deposed_key } of resources)
    if (mode === 'managed' && deposed_key === undefined) yield [address, values];
  for (const module of child_modules) yield* resourcesIn(module);
}

/** How what a plan leads to is another world than the one that was there. */
export interface Departures {
  /** What would be there and was not, or the other way round. */
  readonly addresses: readonly string[];
  /** What would have other values; never the values themselves. */
  readonly values: readonly string[];
}

/** What a plan had said of each resource when it was made or changed last: hashes by address and attribute. */
export type PlannedHashes = { readonly [address: string]: { readonly [attribute: string]: string } };

/** What a way back is compared with. */
export interface Expected {
  readonly truth: Truth;
  /**
   * What was planned then. A provider may keep another form of a value than was planned, such as a policy in an order of its
   * own: who plans the same as then leads to the same. Absent where somebody else has changed it since.
   */
  readonly planned?: PlannedHashes;
  /** Somebody else has made it what it was: then its own configuration does not say all that was said of it, and everything is compared. */
  readonly isOfOthers?: true;
  /** Attributes that are left to others, by the address of the block. */
  readonly ignored: Configuration['ignored'];
}

/** What a plan of some addresses leaves alone, and so stays as it is now. */
export interface LeftAlone {
  readonly outputs: Readonly<Record<string, unknown>>;
  /** What stands there still when the plan is applied. */
  readonly standing: readonly string[];
  /** Of that, what it says nothing of. */
  readonly added: readonly string[];
}

/**
 * Compares what a plan leads to with what was there. Only what the configuration itself says is compared, and only as far
 * as the plan knows it: an id that a provider makes up may be another one. What it does not know comes from the same
 * configuration as then, unless it was made of a secret that has another value by now.
 */
export function departures(
  { truth: { resources, outputs }, planned = {}, isOfOthers, ignored }: Expected,
  plan: PlanDocument,
  left?: LeftAlone,
): Departures {
  const there = new Set(plan.results.map(({ address }) => address));
  const standing = new Set(left?.standing);
  const missing = [...resources.keys()].filter((address) => !there.has(address) && !standing.has(address));
  const added = [...there, ...(left?.added ?? [])].filter((address) => !resources.has(address));
  const made = new Set(plan.changes.filter(({ kind }) => kind === 'create' || kind === 'replace').map(({ address }) => address));
  const changed = plan.results.flatMap(({ address, configured, values }) => {
    const before = resources.get(address);
    const compared = isOfOthers ? values : configured;
    // What is made anew, or was since, has the values of a configuration, ignored or not.
    const isAnother = made.has(address) || (values.id !== undefined && values.id !== UNKNOWN && values.id !== before?.id);
    const others = isAnother ? [] : (ignored[unindexed(address)] ?? []);
    const isSame = (name: string) =>
      others.includes('all') ||
      others.includes(name) ||
      agrees(plain(compared[name]), plain(before![name])) ||
      planned[address]?.[name] === hashOf(compared[name]);
    // What the configuration of then makes of what it does not know yet is not what another one has made.
    const isUntold = (name: string) => isOfOthers && holdsUnknown(configured[name]) && !others.includes('all') && !others.includes(name);
    const names = before === undefined ? [] : Object.keys(compared).filter((name) => !isSame(name) || isUntold(name));
    return names.length === 0 ? [] : [`${address} (${names.join(', ')})`];
  });
  return {
    addresses: [
      ...missing.map((address) => `${address} would not be there`),
      ...added.map((address) => `${address} would be there, and was not`),
    ],
    values: [...changed, ...otherOutputs(outputs, plan, left).map((name) => `output ${name}`)],
  };
}

/**
 * The plan after an apply, as far as the one before it had known: what is made anew has another id, and so has whoever
 * names it. That nobody can bring back, and it was not promised.
 */
export function asFarAsPromised(plan: PlanDocument, promised: PlanDocument): PlanDocument {
  const before = new Map(promised.results.map((result) => [result.address, result]));
  const only = (values: Readonly<Record<string, unknown>>, said: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(
      Object.entries(values)
        .filter(([name]) => name in said)
        .map(([name, value]) => [name, asKnown(value, said[name])]),
    );
  const results = plan.results.map(({ address, configured, values }) => {
    const said = before.get(address) ?? { configured, values };
    return { address, configured: only(configured, said.configured), values: only(values, said.values) };
  });
  const outputValues = Object.fromEntries(
    Object.entries(plan.outputValues).map(([name, value]) => [name, asKnown(value, promised.outputValues[name])]),
  );
  return { ...plan, results, outputValues };
}

/** The names of outputs that would be there and were not, the other way round, or would have another value. */
function otherOutputs(before: Truth['outputs'], { outputValues, outputsRemoved }: PlanDocument, left?: LeftAlone): string[] {
  const after: Record<string, unknown> = { ...left?.outputs, ...outputValues };
  for (const name of outputsRemoved) delete after[name];
  return [...new Set([...Object.keys(after), ...Object.keys(before)])].filter(
    (name) => name in after !== name in before || !agrees(plain(after[name]), plain(before[name])),
  );
}

/** Keeps what a plan says of what it makes or changes; of all else, what was said before. */
export function plannedHashes({ changes, results }: PlanDocument, before: PlannedHashes): PlannedHashes {
  const changing = new Set(changes.map(({ address }) => address));
  return Object.fromEntries(
    results.flatMap(({ address, configured }) => {
      if (!changing.has(address)) return before[address] === undefined ? [] : [[address, before[address]]];
      const known = Object.entries(configured).filter(([, value]) => !holdsUnknown(value));
      return [[address, Object.fromEntries(known.map(([name, value]) => [name, hashOf(value)]))]];
    }),
  );
}

const hashOf = (value: unknown): string => sha256(JSON.stringify(value) ?? '').slice(0, 16);

/** Is a planned value what was there, as far as the plan knows it? */
function agrees(planned: unknown, before: unknown): boolean {
  if (planned === UNKNOWN) return !holdsRotated(before);
  if (!holdsUnknown(planned)) return isDeepStrictEqual(planned, before);
  if (typeof before !== 'object' || before === null || Array.isArray(planned) !== Array.isArray(before)) return false;
  if (Array.isArray(planned)) return agreeInAnyOrder(planned, before as readonly unknown[]);
  const [parts, others] = [planned, before] as [Record<string, unknown>, Record<string, unknown>];
  const names = Object.keys(parts);
  return names.length === Object.keys(others).length && names.every((name) => name in others && agrees(parts[name], others[name]));
}

/** A set has an order of its own when parts of it are not known. */
function agreeInAnyOrder(planned: readonly unknown[], before: readonly unknown[]): boolean {
  const left = [...before];
  for (const each of planned) {
    const at = left.findIndex((other) => agrees(each, other));
    if (at < 0) return false;
    left.splice(at, 1);
  }
  return left.length === 0;
}

/** A text that holds JSON means what the JSON means, in whatever order and with whatever blanks. */
function plain(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
