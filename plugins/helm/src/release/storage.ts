import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { gunzipSync } from 'node:zlib';
import { type Context, type JsonObject, sha256 } from '@ship/core';
import type { Cluster, KubeObject } from '@ship/kube';
import { errors } from '../errors.js';

/** How a revision stands, as Helm calls it. */
export type Status =
  | 'deployed'
  | 'superseded'
  | 'failed'
  | 'uninstalled'
  | 'uninstalling'
  | 'pending-install'
  | 'pending-upgrade'
  | 'pending-rollback'
  | 'unknown';

/** A revision of a release, by the labels of its Secret alone. */
export interface Revision {
  readonly revision: number;
  readonly status: Status;
  /** The run of ship that made it, or the one before it: Helm hands labels on. */
  readonly run?: string;
  /** The version of the component, where ship has made it and it can be a label. */
  readonly component?: string;
  /** The run of ship that was about to make the revision after it, and has not come back from that. */
  readonly next?: string;
  /** Where its run has started Helm: see {@link thisMachine}. Handed on as the run is. */
  readonly machine?: string;
  /** The Secret. */
  readonly secret: string;
  /** When it was made, as an ISO timestamp. */
  readonly at: string;
}

/** The whole of a revision, as Helm keeps it. */
export interface Release {
  readonly name: string;
  readonly namespace: string;
  readonly version: number;
  readonly info: { readonly status: Status; readonly description?: string };
  /** What the user gave. */
  readonly config?: JsonObject;
  readonly manifest: string;
  readonly hooks?: readonly Hook[];
  readonly chart: Chart;
  /** How Helm 4 has applied it: on the server, or as Helm 3 does. */
  readonly apply_method?: 'ssa' | 'csa';
}

/** What runs before or after a change of the release. */
export interface Hook {
  readonly name: string;
  readonly kind: string;
  readonly manifest?: string;
  readonly events?: readonly string[];
  readonly last_run?: { readonly started_at?: string; readonly phase?: string };
}

/** What Helm keeps of a chart; those that it depends on are not among it. */
interface Chart {
  readonly metadata: {
    readonly name: string;
    readonly version: string;
    readonly appVersion?: string;
    readonly dependencies?: unknown;
    readonly [field: string]: unknown;
  };
  readonly values?: JsonObject;
}

/**
 * Of the run that is about to make another revision, at the Secret of the last: an annotation, as Helm hands labels on, also to
 * revisions of others.
 */
export const NEXT = 'ship-next';
/** Of the run that made a revision. Helm keeps labels from the moment at which a revision begins. */
const RUN_LABEL = 'ship-run';
/** Of the version that it is. A rollback hands it on, where the description says no more than `Rollback to 3`. */
const VERSION_LABEL = 'ship-version';
const LABEL = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** Of the machine on which Helm was started; `null` where ship has had another one start it. */
const MACHINE_LABEL = 'ship-machine';

/** At the name of a run that has gone back, and not deployed. */
const BACK = '.back';

/** Is a revision one that this run has begun? */
export const isOf = ({ run }: Revision, owner: string): boolean => run === owner || run === owner + BACK;

/** What ship has Helm note with a revision. */
export const labelsOf = (
  { run, place }: Pick<Context, 'run' | 'place'>,
  version: string,
  way: 'deploy' | 'back',
): Record<string, string> => ({
  [RUN_LABEL]: way === 'back' ? run + BACK : run,
  // One of before is taken away by its null; what is no label stands in the description alone.
  [VERSION_LABEL]: LABEL.test(version) ? version : 'null',
  [MACHINE_LABEL]: place.name === 'local' ? thisMachine() : 'null',
});

/** Whoever has the same sees the same processes: containers may have one name, and nobody sees what those of other users are for. */
export function thisMachine(): string {
  let processes = '';
  try {
    processes = readlinkSync('/proc/self/ns/pid');
  } catch {
    // Only Linux has it.
  }
  return sha256(`${hostname()} ${process.getuid?.()} ${processes}`).slice(0, 32);
}

/** The revisions of a release, oldest first; none where it was never installed. */
export async function revisionsOf(cluster: Cluster, release: string): Promise<Revision[]> {
  const secrets = await cluster.text([
    'get',
    'secrets',
    `--selector=owner=helm,name=${release}`,
    `--output=jsonpath={range .items[*]}{.metadata.name}{"\\t"}{.metadata.labels.version}{"\\t"}{.metadata.labels.status}{"\\t"}{.metadata.labels.${RUN_LABEL}}{"\\t"}{.metadata.labels.${VERSION_LABEL}}{"\\t"}{.metadata.annotations.${NEXT}}{"\\t"}{.metadata.labels.${MACHINE_LABEL}}{"\\t"}{.metadata.creationTimestamp}{"\\n"}{end}`,
  ]);
  const revisions = secrets
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Revision => {
      const [secret = '', revision, status, run, component, next, machine, at = ''] = line.split('\t');
      return {
        revision: Number(revision),
        status: status as Status,
        secret,
        at,
        ...(run ? { run } : {}),
        ...(component && component !== 'null' ? { component } : {}),
        ...(next ? { next } : {}),
        ...(machine && machine !== 'null' ? { machine } : {}),
      };
    });
  return revisions.sort((one, other) => one.revision - other.revision);
}

/** The whole of a revision. */
export async function readRelease(cluster: Cluster, { secret }: Pick<Revision, 'secret'>): Promise<Release> {
  const found = await cluster.find<KubeObject & { readonly data?: { readonly release?: string } }>('secret', secret);
  if (found?.data?.release === undefined) throw errors.SHIP_HELM_STORAGE({ secret, problem: 'it is gone' });
  return decoded(secret, found.data.release);
}

/** As Helm writes it: JSON, compressed, in base64, which Kubernetes puts into base64 once more. */
export function decoded(secret: string, data: string): Release {
  try {
    const inner = Buffer.from(Buffer.from(data, 'base64').toString('latin1'), 'base64');
    const isCompressed = inner[0] === 0x1f && inner[1] === 0x8b;
    return JSON.parse((isCompressed ? gunzipSync(inner) : inner).toString('utf8')) as Release;
  } catch (cause) {
    throw errors.SHIP_HELM_STORAGE({ secret, problem: (cause as Error).message }, { cause });
  }
}

/** The revision that is live: the newest that was deployed, or what stands in its place. */
export const liveOf = (revisions: readonly Revision[]): Revision | undefined =>
  revisions.findLast(({ status }) => status === 'deployed') ?? revisions.findLast(({ status }) => status !== 'uninstalled');

/** One that has begun and not ended. */
export const pendingOf = (revisions: readonly Revision[]): Revision | undefined => {
  const last = revisions.at(-1);
  return last?.status.startsWith('pending-') || last?.status === 'uninstalling' ? last : undefined;
};
