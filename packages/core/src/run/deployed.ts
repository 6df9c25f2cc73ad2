import { messageOf } from '../errors/ship-error.js';
import { isoTime } from '../iso-time.js';
import type { Kernel } from '../kernel.js';
import type { Plan } from '../types/index.js';
import type { Session } from './session.js';

/** What is deployed in an environment, as `deployed-version.json` tells it. */
export interface DeployedVersion {
  readonly version: string;
  readonly components: Readonly<Record<string, string>>;
  readonly run: string;
  readonly snapshot: string | null;
  /** ISO 8601 UTC. */
  readonly at: string;
}

/** Writes `deployed-version.json` and `last-verify.json` after a success. */
export async function writeDeployed(
  session: Session,
  deployed?: Pick<DeployedVersion, 'version' | 'components' | 'snapshot'>,
): Promise<void> {
  const { plan, record } = session;
  const now = {
    version: overallVersion(plan, session.facts),
    components: Object.fromEntries(plan.components.map(({ name, version }) => [name, version])),
    snapshot: record.snapshot,
    ...deployed,
  };
  await put(session, 'deployed-version.json', { ...now, run: session.id, at: isoTime() } satisfies DeployedVersion);
  const verification = record.rollback?.verification ?? record.verification;
  await put(session, 'last-verify.json', { run: session.id, verification });
}

/** What is written down as deployed; null where nothing is. */
export async function readDeployed({ store, config }: Kernel): Promise<DeployedVersion | null> {
  const key = `state/${config.environment}/deployed-version.json`;
  const stored = await store.get(key);
  if (stored === undefined) return null;
  try {
    return JSON.parse(stored.value.toString('utf8')) as DeployedVersion;
  } catch (cause) {
    throw new Error(`${key} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

async function put({ kernel }: Session, name: string, value: object): Promise<void> {
  await kernel.store.put(`state/${kernel.config.environment}/${name}`, `${JSON.stringify(value, null, 2)}\n`);
}

/** The version of a whole environment: that of the core component, or what all share; else the tag or the sha. */
export function overallVersion({ components }: Plan, facts: Readonly<Record<string, string>>): string {
  const core = components.find((component) => component.core);
  const versions = new Set(components.map(({ version }) => version));
  if (core) return core.version;
  return versions.size === 1 ? components[0]!.version : (facts.tag ?? facts.sha?.slice(0, 12) ?? components[0]?.version ?? 'unversioned');
}
