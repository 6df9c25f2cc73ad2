import type { ComponentState, Finding } from '@ship/core';
import { nameOf } from '@ship/kube';
import { type Hook, type Revision, readRelease, revisionsOf } from '../release/storage.js';
import { demandOwn } from './pending.js';
import { keptOf, missingClaims } from './restore.js';
import type { ReleaseState, Site } from './site.js';

/** Can it come back? */
export async function admit(site: Site, state: ComponentState<ReleaseState>): Promise<Finding[]> {
  const { cluster, settings, name } = site;
  const { driver } = state;
  const finding = (level: Finding['level'], rule: string, message: string): Finding => ({ level, rule, message: `${name}: ${message}` });
  const { where, release } = settings;
  if (driver.context !== where.context || driver.namespace !== where.namespace || driver.release !== release) {
    const then = `${driver.release} was in ${driver.context}/${driver.namespace}`;
    return [finding('block', 'helm-place', `${then}, and the config says ${release} in ${where.context}/${where.namespace}`)];
  }
  const revisions = await revisionsOf(cluster, release);
  try {
    await demandOwn(site, revisions);
  } catch (error) {
    return [finding('block', 'helm-pending', (error as Error).message)];
  }
  try {
    const kept = await keptOf(site, state);
    const missing = missingClaims(await cluster.named(kept.captured.objects), kept);
    if (missing.length > 0)
      return missing.map((each) =>
        finding('block', 'helm-volume', `${nameOf(each)} is gone, and what was written into it nobody has kept`),
      );
  } catch (error) {
    return [finding('block', 'helm-kept', (error as Error).message)];
  }
  const target = revisions.find(({ revision }) => revision === driver.revision);
  const gone = `revision ${driver.revision} is gone from Helm's history: its manifest and values are applied again, without hooks`;
  return [
    ...(target === undefined ? [finding('info', 'helm-revision', gone)] : []),
    ...(await hookEffects(site, revisions, driver.revision)).map((effect) => finding('info', 'helm-hooks', effect)),
  ];
}

/** What hooks have done since, and what they are about to do. */
async function hookEffects({ cluster }: Site, revisions: readonly Revision[], then: number): Promise<string[]> {
  const hooksOf = async (of: readonly Revision[]) =>
    (await Promise.all(of.map((each) => readRelease(cluster, each)))).flatMap(({ hooks = [] }) => hooks);
  const nameOfHook = ({ kind, name, events = [] }: Hook) => `${kind} ${name} (${events.join(', ')})`;
  const ran = (await hooksOf(revisions.filter(({ revision }) => revision > then))).filter(({ last_run: last }) => hasRun(last));
  const runs = (await hooksOf(revisions.filter(({ revision }) => revision === then))).filter(({ events = [] }) =>
    events.some((event) => /rollback/.test(event)),
  );
  return [
    ...new Set([
      ...ran.map((hook) => `the hook ${nameOfHook(hook)} has run, and what it did is irreversible`),
      ...runs.map((hook) => `the hook ${nameOfHook(hook)} runs, and what it does is irreversible`),
    ]),
  ];
}

/** Helm notes the first year of our era where a hook has not begun. */
const hasRun = (last: Hook['last_run']): boolean =>
  last?.started_at !== undefined && last.started_at !== '' && !last.started_at.startsWith('0001');
