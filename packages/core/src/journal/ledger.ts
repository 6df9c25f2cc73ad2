import type { Report, ReportedError, ReportedResource, Resource } from '../types/index.js';
import type { ResourceName } from './entries.js';

/** One resource of a run, and what became of it. `removing`: its removal was begun, and nothing says how that ended. */
export interface LedgerLine {
  /** Who noted it. */
  readonly step: string;
  /** As it was noted last. */
  readonly resource: Resource;
  /** The attempt of the step that noted it. */
  readonly attempt: number;
  /** `remove_failed` makes it an orphan. */
  fate: 'standing' | 'removing' | 'removed' | 'remove_failed';
  /** Why it could not be removed. */
  error?: ReportedError;
}

/** What a step notes. */
export type Noted = Pick<LedgerLine, 'step' | 'resource' | 'attempt'>;

/**
 * Notes a resource. It replaces what the same step noted before of the same type and id, or correlation;
 * but what this run made stays its own, whatever a later attempt takes it for.
 */
export function noteResource(ledger: LedgerLine[], noted: Noted): void {
  const index = ledger.findIndex(({ step, resource }) => step === noted.step && isSame(resource, noted.resource));
  const known = ledger[index];
  const line: LedgerLine = { step: noted.step, resource: noted.resource, attempt: noted.attempt, fate: 'standing' };
  if (known === undefined) ledger.push(line);
  else if (known.fate === 'removed') {
    ledger.splice(index, 1);
    ledger.push(line);
  } else if (!isMoreCertain(known, noted)) ledger[index] = line;
}

/** Writes down what became of a resource. */
export function settleResource(
  ledger: readonly LedgerLine[],
  step: string,
  { type, id }: ResourceName,
  fate: LedgerLine['fate'],
  error?: ReportedError,
): void {
  const line = ledger.find((known) => known.step === step && known.resource.type === type && known.resource.id === id);
  if (line === undefined) return;
  line.fate = fate;
  delete line.error;
  if (error !== undefined) line.error = error;
}

/** What steps made, and what became of it, as reports show it. */
export function reportedResources(ledger: readonly LedgerLine[]): Report['resources'] {
  const those = (wanted: (line: LedgerLine) => boolean) => ledger.filter(wanted).map(told);
  const left = ledger.filter(({ fate }) => fate === 'removing' || fate === 'remove_failed');
  return {
    created: those(({ resource }) => resource.provenance !== 'reused'),
    removed: those(({ fate }) => fate === 'removed'),
    kept: those(({ fate }) => fate === 'standing'),
    orphans: left.map((line) => ({ ...told(line), ...(line.error === undefined ? {} : { error: line.error }) })),
  };
}

/** What was there before is nobody's to remove: no script shall find a command for it. */
function told({ resource, step }: LedgerLine): ReportedResource {
  const { commands: _commands, delete: _delete, ...theirs } = resource;
  return { ...(resource.provenance === 'reused' ? theirs : resource), step };
}

function isSame(one: Resource, other: Resource): boolean {
  if (one.type !== other.type) return false;
  return one.id === other.id || (one.correlation !== undefined && one.correlation === other.correlation);
}

/**
 * A second attempt finds what the first one made, and takes it for somebody else's. So `created` stays, and a
 * `pending` one can be found to be `reused` only by the attempt that noted it.
 */
function isMoreCertain(known: LedgerLine, { resource, attempt }: Noted): boolean {
  if (resource.provenance === 'created') return false;
  if (known.resource.provenance === 'created') return true;
  return known.resource.provenance === 'pending' && resource.provenance === 'reused' && known.attempt !== attempt;
}
