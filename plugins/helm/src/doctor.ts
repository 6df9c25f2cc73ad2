import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type CommandContext,
  type ComponentConfig,
  type Context,
  type Examination,
  type Finding,
  isShipError,
  markedProcesses,
  type Objects,
} from '@ship/core';
import { examineComponents, type PlaceOptions } from '@ship/kube';
import { ownerOf, pendingError, takeBack } from './driver/pending.js';
import { intentOf } from './driver/permissions.js';
import { type Site, siteOf } from './driver/site.js';
import { errors } from './errors.js';
import { pendingOf, type Revision, revisionsOf, thisMachine } from './release/storage.js';
import { demandHelm } from './tool/helm.js';

/** What the examination is given: the options, and the components of the config once that is read. */
export interface Examined {
  readonly options: PlaceOptions;
  readonly objects: Objects;
  components(): readonly ComponentConfig[];
}

/** How many runs are looked through for the one that has left a revision. */
const LOOKS_BACK = 200;
/** How often processes are looked for, and the pause between two looks. */
const LOOKS = 3;
const BETWEEN_LOOKS_MS = 20;

/** What `ship doctor` looks at: Helm, the clusters of its releases, and revisions that have begun and not ended. */
export function helmExamination(examined: Examined): Examination {
  const { options, objects } = examined;
  const sitesOf = (ctx: Context, components: readonly ComponentConfig[]) =>
    components.flatMap((each) => (each.driver === 'helm' ? [siteOf(ctx, each, options, objects)] : []));
  return {
    async examine(ctx) {
      if (!Object.values(ctx.components).some(({ driver }) => driver === 'helm')) return [];
      try {
        const helm = await demandHelm(ctx);
        const found = await examineComponents(ctx.components, { driver: 'helm', tools: `, Helm ${helm}` }, (each) =>
          intentOf(siteOf(ctx, each, options, objects)),
        );
        const isReached = found.every(({ level, rule }) => level !== 'block' || rule !== 'helm');
        const pending = isReached
          ? await Promise.all(sitesOf(ctx, Object.values(ctx.components)).map((site) => examinePending(ctx, site)))
          : [];
        return [...pending.flat(), ...found];
      } catch (error) {
        if (!isShipError(error)) throw error;
        return [finding('block', [error.message, error.hint ?? []].flat().join('. '))];
      }
    },
    /** Where a dead run of this environment has left a revision, the one before is made live again, as the next deploy would do. */
    async mend(ctx) {
      const lines: string[] = [];
      const faults: unknown[] = [];
      for (const site of sitesOf(ctx, examined.components()))
        try {
          lines.push(...(await mended(ctx, site)));
        } catch (error) {
          // A cluster that does not answer keeps no other from its turn.
          faults.push(error);
        }
      if (lines.length === 0 && faults.length > 0) throw faults[0];
      return lines;
    },
  };
}

const finding = (level: Finding['level'], message: string): Finding => ({ level, rule: 'helm', message });

async function examinePending(ctx: CommandContext, site: Site): Promise<Finding[]> {
  const { name, cluster, settings } = site;
  try {
    const revisions = await revisionsOf(cluster, settings.release);
    const pending = pendingOf(revisions);
    if (pending === undefined) return [];
    const { holder } = await ctx.history.status();
    const isHeld = holder !== null && holder.liveness !== 'dead';
    const owner = ownerOf(revisions);
    if (isHeld && owner !== undefined && holder.run === owner)
      return [
        finding(
          'info',
          `${name}: revision ${pending.revision} of ${settings.release} is ${pending.status}: the run ${owner} is at work on it`,
        ),
      ];
    const unproven = await whyUnproven(ctx, pending, ownerOf(revisions));
    const { message } = pendingError(settings.release, pending, owner);
    return [
      finding(
        'block',
        `${name}: ${unproven === undefined ? `${deadText(site, pending, ownerOf(revisions))}. ${REPAIR}` : `${message}: ${unproven}. ${commandsFor(site, revisions)}`}`,
      ),
    ];
  } catch (error) {
    return [finding('warn', `${name}: ${(error as Error).message}`)];
  }
}

const REPAIR = '`ship doctor --fix` makes the revision before it live again, and so does the next deploy';

const deadText = ({ settings }: Site, { revision, status }: Revision, run: string | undefined): string =>
  `revision ${revision} of ${settings.release} was left ${status} by the run ${run}, which is gone`;

/** For a person who knows that nobody is at work. */
function commandsFor({ settings: { where, release } }: Site, revisions: readonly Revision[]): string {
  const good = revisions.findLast(({ status }) => status === 'deployed' || status === 'superseded');
  const at = `--kube-context=${quoted(where.context)} --namespace=${where.namespace}`;
  const words = good === undefined ? `helm uninstall ${release}` : `helm rollback ${release} ${good.revision}`;
  return `Once you are sure that nobody is at work: \`${words} ${at}\``;
}

const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** Under the lease alone: `ship recover` asks as well, before it has it, and takes what its run has left back by itself. */
async function mended(ctx: Context, site: Site): Promise<string[]> {
  const { holder } = await ctx.history.status();
  if (holder === null || holder.pid !== process.pid || holder.host !== hostname()) return [];
  const { cluster, settings, name } = site;
  const revisions = await revisionsOf(cluster, settings.release);
  const pending = pendingOf(revisions);
  if (pending === undefined || (await whyUnproven(ctx, pending, ownerOf(revisions))) !== undefined) return [];
  const to = await takeBack(site, revisions);
  const now = (await revisionsOf(cluster, settings.release)).at(-1);
  const isBack = to === undefined ? now === undefined : now?.status === 'deployed' && now.revision > pending.revision;
  if (!isBack) throw errors.SHIP_HELM_UNPROVEN({ release: settings.release, left: [`Helm says ${now?.status ?? 'nothing'}`] });
  return [
    `${name}: ${deadText(site, pending, ownerOf(revisions))}; ${to === undefined ? `${settings.release} is uninstalled, as there was none before` : `revision ${to} is live again`}`,
  ];
}

/** What speaks against it that a revision is of a run of this environment which is gone, with all that it had started. */
async function whyUnproven(ctx: Context, { status, machine }: Revision, run: string | undefined): Promise<string | undefined> {
  if (status !== 'pending-install' && status !== 'pending-upgrade')
    return 'rollbacks and uninstallations are left to `ship recover`, or to a person';
  if (run === undefined) return 'no run of ship is known to have begun it';
  const listed = (await ctx.history.runs({ limit: LOOKS_BACK })).find((each) => each.run === run);
  if (listed === undefined) return 'nothing is known of that run here';
  if (listed.status === 'running' || listed.status === 'unknown' || listed.status === 'succeeded')
    return `that run is listed as ${listed.status}`;
  // What a killed run had started may go on without it.
  if (machine !== thisMachine() || process.platform !== 'linux') return 'whether its Helm still runs cannot be seen from this machine';
  // A process that is about to become another program shows nothing for a moment.
  for (let looks = 0; looks < LOOKS; looks += 1) {
    const [left] = markedProcesses({ SHIP_RUN: run });
    if (left !== undefined) return `process ${left.pid} of it is still at work`;
    await pause(BETWEEN_LOOKS_MS);
  }
  return undefined;
}
