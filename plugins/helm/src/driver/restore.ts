import { gunzipSync } from 'node:zlib';
import type { ComponentState, Finding, Restored } from '@ship/core';
import { errors } from '../errors.js';
import { writeChart } from '../release/chart.js';
import { labelsFor, pendingOf, type Release, type Revision, readRelease, revisionsOf } from '../release/storage.js';
import { withValues } from '../release/values.js';
import { rollbackArgv, upgradeArgv } from '../tool/argv.js';
import { runHelm } from '../tool/helm.js';
import { describe, descriptionOf, hashOf, stateOf } from './live.js';
import { demandOwn } from './pending.js';
import { uninstall } from './remove.js';
import { awaitRevision } from './roll-out.js';
import type { ReleaseState, Site } from './site.js';

/** Makes a captured revision live again, waits until it is ready, and sees that what is live is what it was. */
export async function restore(site: Site, state: ComponentState<ReleaseState> | undefined): Promise<Restored> {
  const { cluster, settings } = site;
  const revisions = await revisionsOf(cluster, settings.release);
  const pending = pendingOf(revisions);
  if (pending !== undefined) await demandOwn(site, pending);
  if (state === undefined) return uninstall(site, revisions);
  const now = await describe(site);
  if (now !== undefined && now.config_hash === state.config_hash && now.healthy && leftOf(now, state).length === 0)
    return { changed: false };
  await goBack(site, state, revisions);
  const after = await revisionsOf(cluster, settings.release);
  await awaitRevision(site, after.at(-1)!, state.driver.restarts);
  const left = leftOf(await stateOf(site, after, after.at(-1)!), state);
  if (left.length > 0) throw errors.SHIP_HELM_UNPROVEN({ release: settings.release, left: left.slice(0, 10) });
  return { changed: true, summary: `${settings.release} is at ${state.version} again, in revision ${after.at(-1)!.revision}` };
}

/** What is another one than it was, and was not then. */
const leftOf = (now: ComponentState<ReleaseState>, { driver }: ComponentState<ReleaseState>): string[] =>
  now.driver.drift.filter((each) => !driver.drift.includes(each));

async function goBack(site: Site, state: ComponentState<ReleaseState>, revisions: readonly Revision[]): Promise<void> {
  const { ctx, settings, cluster } = site;
  const { release, where, timeoutMs } = settings;
  const target = revisions.find(({ revision }) => revision === state.driver.revision);
  const isSame = target !== undefined && hashOf(await readRelease(cluster, target)) === state.config_hash;
  if (isSame) {
    await runHelm(ctx, rollbackArgv(where, { release, revision: target.revision, timeoutMs }), release, timeoutMs);
    return;
  }
  // Helm keeps the last ten; what was captured holds manifest and values of all others.
  const kept = await keptRelease(site, state);
  await writeChart(kept, (chart) =>
    withValues(kept.config ?? {}, (values) =>
      runHelm(
        ctx,
        upgradeArgv({
          where,
          release,
          chart,
          values,
          createNamespace: false,
          description: descriptionOf(state.version),
          labels: labelsFor(ctx, revisions),
          timeoutMs,
        }),
        release,
        timeoutMs,
      ),
    ),
  );
}

async function keptRelease({ objects, settings }: Site, { driver: { kept, revision } }: ComponentState<ReleaseState>): Promise<Release> {
  if (kept === undefined) throw errors.SHIP_HELM_GONE({ release: settings.release, revision });
  return JSON.parse(gunzipSync(await objects.get(kept)).toString('utf8')) as Release;
}

/** Can it come back? */
export async function admit(site: Site, state: ComponentState<ReleaseState>): Promise<Finding[]> {
  const { cluster, settings, name } = site;
  const { driver } = state;
  const finding = (level: Finding['level'], rule: string, message: string): Finding => ({ level, rule, message: `${name}: ${message}` });
  const { where, release } = settings;
  if (driver.context !== where.context || driver.namespace !== where.namespace || driver.release !== release)
    return [
      finding(
        'block',
        'helm-place',
        `${driver.release} was in ${driver.context}/${driver.namespace}, and the config says ${release} in ${where.context}/${where.namespace}`,
      ),
    ];
  const revisions = await revisionsOf(cluster, release);
  const pending = pendingOf(revisions);
  if (pending !== undefined)
    try {
      await demandOwn(site, pending);
    } catch (error) {
      return [finding('block', 'helm-pending', (error as Error).message)];
    }
  const target = revisions.find(({ revision }) => revision === driver.revision);
  if (target === undefined && driver.kept === undefined)
    return [finding('block', 'helm-revision', `revision ${driver.revision} is gone from Helm's history, and nothing else has kept it`)];
  const hooks = target === undefined ? [] : ((await readRelease(cluster, target)).hooks ?? []);
  const effects = hooks.filter(({ events = [] }) => events.some((event) => /rollback/.test(event)));
  return [
    ...(target === undefined
      ? [
          finding(
            'info',
            'helm-revision',
            `revision ${driver.revision} is gone from Helm's history: its manifest and values are applied again, without hooks`,
          ),
        ]
      : []),
    ...effects.map((hook) => finding('info', 'helm-hooks', `the hook ${hook.kind} ${hook.name} runs, and what it does nothing takes back`)),
  ];
}
