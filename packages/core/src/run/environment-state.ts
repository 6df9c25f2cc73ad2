import { messageOf } from '../errors/ship-error.js';
import { byOrder, orderOf } from '../ids.js';
import { isDeploy } from '../journal/state.js';
import type { Kernel } from '../kernel.js';
import type { DeployedVersion, Plan, Report, RunStatus } from '../types/index.js';
import type { Session } from './session.js';

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
  await put(session, 'deployed-version.json', { ...now, run: session.id, at: new Date().toISOString() } satisfies DeployedVersion);
  const verification = record.rollback?.verification ?? record.verification;
  await put(session, 'last-verify.json', { run: session.id, verification });
}

/** Writes down what is live: what was deployed before, with what this run has left and what has gone back. */
export async function writeTakenBack(session: Session): Promise<void> {
  const { kernel, plan, target, record, state } = session;
  const back = state.expected;
  const snapshot = record.rollback?.target_snapshot === target?.id ? target : null;
  const before = await readDeployed(kernel).catch(() => null);
  const left = [...state.steps.values()].filter((step) => isDeploy(step) && step.status === 'done');
  if (back.size + left.length === 0 && snapshot === null && before?.run !== session.id) return;
  const versions = new Map(Object.entries(before?.components ?? {}));
  for (const { name, version } of plan.components) if (left.some(({ component }) => component === name)) versions.set(name, version);
  for (const [name, now] of [...Object.entries(before === null ? (snapshot?.components ?? {}) : {}), ...back]) {
    if (now === null) versions.delete(name);
    else versions.set(name, now.version);
  }
  const components = plan.components.flatMap((each) => {
    const version = versions.get(each.name);
    return version === undefined ? [] : [{ ...each, version }];
  });
  await writeDeployed(session, {
    version: snapshot?.version ?? overallVersion({ ...plan, components }, {}),
    components: Object.fromEntries(versions),
    snapshot: snapshot?.id ?? null,
  });
}

/** What is written down as deployed; null where nothing is. */
export async function readDeployed({ store, config }: Kernel, environment = config.environment): Promise<DeployedVersion | null> {
  const key = `state/${environment}/deployed-version.json`;
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

/** The run that left the environment as nobody has verified it; null where the last success still stands. */
export async function readUnverified({ store, config }: Kernel): Promise<string | null> {
  const stored = await store.get(keyOf(config.environment));
  return stored === undefined ? null : (JSON.parse(stored.value.toString('utf8')) as { run: string }).run;
}

/** Writes down whether the environment is still as it was verified. A run that was taken back changes nothing about that. */
export async function writeUnverified(session: Session, status: RunStatus): Promise<void> {
  const { store, config } = session.kernel;
  const key = keyOf(config.environment);
  const partly = session.record.rollback?.scope === 'partial';
  const left = session.state.steps.size > 0 && (status !== 'rolled_back' || partly);
  // The first that was left counts: taking back a later one, or one component, does not take back that.
  const verified = status === 'succeeded' && !partly;
  const restored = status === 'rolled_back' && session.record.rollback?.way === 'full';
  const run = verified || restored ? null : (session.unverifiedSince ?? (left ? session.id : null));
  if (run !== null) await store.put(key, `${JSON.stringify({ run })}\n`);
  else await store.remove(key);
}

const keyOf = (environment: string): string => `state/${environment}/unverified.json`;

/** Ids of runs begin with their time. Whatever else lies there is none. */
const RUN = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3}Z)(?:-\d+)?-[a-z0-9]+$/;

/** When a run began, in ISO 8601 UTC: its id says so. */
export const timeOf = (run: string): string => run.replace(RUN, '$1T$2:$3:$4');

/** Where the report of a run lives. */
export const reportKey = (environment: string, run: string): string => `runs/${environment}/${run}/report.json`;

/** The runs of an environment, newest first. */
export async function runIds({ store, config }: Kernel, environment = config.environment): Promise<string[]> {
  const keys = await store.list(`runs/${environment}/`);
  const names = keys.map((key) => key.split('/').at(-1)!);
  return names
    .filter((name) => RUN.test(name))
    .sort(byOrder)
    .reverse();
}

/** Which in order the next run is: one more than all that are known. Only who has the lease can rely on it. */
export async function nextOrder(kernel: Kernel, environment = kernel.config.environment): Promise<number> {
  const [newest = ''] = await runIds(kernel, environment);
  // Also where somebody has deleted old runs: the snapshots that are left are older than what comes.
  const deployed = await readDeployed(kernel, environment).catch(() => null);
  return 1 + Math.max(orderOf(newest), orderOf(deployed?.run ?? ''));
}

/** The report of a run; undefined where there is none, or none that can be read. */
export async function readReport({ store, config }: Kernel, run: string): Promise<Report | undefined> {
  try {
    const stored = await store.get(reportKey(config.environment, run));
    const report = stored && (JSON.parse(stored.value.toString('utf8')) as Report);
    return report?.format === 1 && report.run === run ? report : undefined;
  } catch {
    return undefined;
  }
}
