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
  /** The run of ship that made it; undefined: somebody else, or `helm rollback`, whoever has called it. */
  readonly run?: string;
  /** The run that its labels name, which Helm hands on from the revision before, or from that which is gone back to. */
  readonly labelled?: string;
  /** Where that run has started Helm: see {@link thisMachine}. */
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
  readonly hooks?: readonly { readonly name: string; readonly kind: string; readonly events?: readonly string[] }[];
  readonly chart: Chart;
}

/** What Helm keeps of a chart; those that it depends on are not among it. */
interface Chart {
  readonly metadata: { readonly name: string; readonly version: string; readonly appVersion?: string };
}

/** Of the run that made a revision. Helm keeps labels from the moment at which a revision begins. */
const RUN_LABEL = 'ship-run';
/** Of the revision that the run was about to make: Helm hands labels on to the next one, whoever makes it. */
const REVISION_LABEL = 'ship-revision';

/** Of the machine on which Helm was started; absent where ship has had another one start it. */
const MACHINE_LABEL = 'ship-machine';

/** The labels of the revision that a run makes after these. */
export const labelsFor = ({ run, place }: Pick<Context, 'run' | 'place'>, revisions: readonly Revision[]): Record<string, string> => ({
  [RUN_LABEL]: run,
  [REVISION_LABEL]: String((revisions.at(-1)?.revision ?? 0) + 1),
  ...(place.name === 'local' ? { [MACHINE_LABEL]: thisMachine() } : {}),
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
    `--output=jsonpath={range .items[*]}{.metadata.name}{"\\t"}{.metadata.labels.version}{"\\t"}{.metadata.labels.status}{"\\t"}{.metadata.labels.${RUN_LABEL}}{"\\t"}{.metadata.labels.${REVISION_LABEL}}{"\\t"}{.metadata.labels.${MACHINE_LABEL}}{"\\t"}{.metadata.creationTimestamp}{"\\n"}{end}`,
  ]);
  const revisions = secrets
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Revision => {
      const [secret = '', revision, status, labelled, made, machine, at = ''] = line.split('\t');
      const own = made === revision ? { run: labelled!, ...(machine ? { machine } : {}) } : {};
      const by = labelled ? { labelled, ...own } : {};
      return { revision: Number(revision), status: status as Status, secret, at, ...by };
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
