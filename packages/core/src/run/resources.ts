import { errors } from '../errors/catalogue.js';
import { messageOf } from '../errors/ship-error.js';
import type { RunState } from '../journal/fold.js';
import { type LedgerLine, noteResource, reportedResources } from '../journal/ledger.js';
import type { Report, Resource } from '../types/index.js';
import type { LedgeredResource, Session } from './session.js';

const PROVENANCES: ReadonlySet<Resource['provenance']> = new Set(['created', 'reused', 'pending'] as const);

/** `bucket b-1`: what people read. */
export const nameOf = ({ type, id }: Pick<Resource, 'type' | 'id'>): string => `${type} ${id}`;

/** Notes a resource, durable before it resolves: whoever made it calls this before anything else. */
export async function recordResource(session: Session, step: string, given: Resource, attempt: number): Promise<void> {
  const resource = checked(step, given);
  noteResource(session.resources, { step, resource, attempt });
  session.emit({ type: 'resource-noted', step, resource: session.kernel.redactor.redactDeep(resource) });
  await session.journal.append({ type: 'created', step, attempt, resource });
}

/** A resource that can be found again, exactly as the journal will give it back. */
function checked(step: string, given: Resource): Resource {
  const refuse = (problem: string) => errors.SHIP_RESOURCE_INVALID({ step, problem });
  let resource: Partial<Resource> | null;
  try {
    resource = JSON.parse(JSON.stringify(given) ?? 'null') as Partial<Resource> | null;
  } catch (cause) {
    throw refuse(messageOf(cause).split('\n')[0]!);
  }
  for (const field of ['type', 'id'] as const)
    if (typeof resource?.[field] !== 'string' || resource[field] === '')
      throw refuse(`its ${field} is ${JSON.stringify(resource?.[field])}`);
  if (!PROVENANCES.has(resource!.provenance!)) throw refuse(`its provenance is ${JSON.stringify(resource!.provenance)}`);
  return resource as Resource;
}

/** The ledger of a past run, with its secrets. Where one is not set, the resource cannot be removed, and says why. */
export function adoptResources(session: Session, { resources }: RunState): void {
  session.resources.push(...resources.map((line) => adopted(session, line)));
}

function adopted(session: Session, line: LedgerLine): LedgeredResource {
  try {
    return { ...line, resource: session.resolveSecrets(line.resource) };
  } catch (unusable) {
    return { ...line, unusable };
  }
}

/** What steps made, and what became of it, redacted. */
export function resourcesOf({ resources, kernel }: Session): Report['resources'] {
  return kernel.redactor.redactDeep(reportedResources(resources));
}
