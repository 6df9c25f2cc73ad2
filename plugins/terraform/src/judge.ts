import type { PlanDocument, ResourceChange } from './plan-document.js';
import { type Holders, holdsData } from './stateless.js';

/** What a plan of the way back would do, and whether it may. */
export interface Verdict {
  /** One line a change. */
  readonly lines: readonly string[];
  /** Why it must not be applied: data would be lost. */
  readonly blocks: readonly string[];
  /** What is destroyed although it may hold data, because nothing of it is older than what is taken back. */
  readonly warnings: readonly string[];
  /** `2 to create, 1 to destroy`. */
  readonly summary: string;
}

const VERBS: Readonly<Record<ResourceChange['kind'], string>> = {
  create: 'create',
  update: 'update',
  replace: 'replace',
  delete: 'destroy',
  forget: 'forget',
};

/**
 * Judges a plan. What would destroy or replace something that holds data is a block; unless `isNew` says that it came
 * with what is taken back now, and holds nothing older.
 */
export function judge({ changes, outputs }: PlanDocument, holders: Holders, isNew: (address: string) => boolean): Verdict {
  const destroys = changes.filter((change) => (change.kind === 'delete' || change.kind === 'replace') && holdsData(change, holders));
  const harm = (change: ResourceChange) =>
    `would ${VERBS[change.kind]} ${change.address}, which may hold data${change.reason === undefined ? '' : ` (${reasonOf(change.reason)})`}`;
  return {
    lines: changes.map(lineOf),
    blocks: destroys.filter(({ address }) => !isNew(address)).map(harm),
    warnings: destroys.filter(({ address }) => isNew(address)).map((change) => `${harm(change)}; it was made by what is taken back now`),
    summary: summaryOf(changes, outputs),
  };
}

/** A change in one line: what, and which attributes; never their values. */
export function lineOf({ kind, address, attributes, reason }: ResourceChange): string {
  const what = attributes.length === 0 || kind === 'create' ? '' : ` (${attributes.join(', ')})`;
  return `${VERBS[kind]} ${address}${what}${reason === undefined ? '' : `: ${reasonOf(reason)}`}`;
}

/** `replace_because_tainted` as a person would say it. */
const reasonOf = (reason: string): string => reason.replace(/^(?:replace|delete|read)_because_/, '').replaceAll('_', ' ');

function summaryOf(changes: readonly ResourceChange[], outputs: readonly string[]): string {
  const counted = (Object.keys(VERBS) as ResourceChange['kind'][]).flatMap((kind) => {
    const count = changes.filter((change) => change.kind === kind).length;
    return count === 0 ? [] : [`${count} to ${VERBS[kind]}`];
  });
  if (counted.length > 0) return counted.join(', ');
  return outputs.length > 0 ? `outputs: ${outputs.join(', ')}` : 'nothing differs';
}
