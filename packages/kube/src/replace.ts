import { LAST_APPLIED } from './clean.js';
import type { Cluster } from './cluster.js';
import { errors } from './errors.js';
import { type KubeObject, reference } from './objects.js';
import { foreignOwners, MANAGER, managersOf } from './owners.js';
import { differencesFrom, type Measure } from './proof.js';

/** How often a replacement is tried that somebody else's change came before. */
const TRIES = 8;

/** How a replacement went; `left`: nothing was done, as what differs nobody may take away, or nothing does. */
export type Replaced = 'replaced' | 'left';

/**
 * Makes an object what it was, as a whole and by its exact version: who changes it at the same moment is not overwritten. Left
 * where somebody else has set something in it that was not there. `wanted`: what it is to be; `then`: what it is held to.
 */
export async function replaceWhole(cluster: Cluster, then: KubeObject, wanted: KubeObject, measure: Measure): Promise<Replaced> {
  for (let tries = 1; ; tries += 1) {
    const [live] = await cluster.named([then]);
    const left = live === undefined ? [] : differencesFrom(live, then, measure).filter(({ path }) => !path.includes(LAST_APPLIED));
    const isForeign = left.some(({ kind, path }) => kind !== 'missing' && foreignOwners(live!, path, measure.tools).length > 0);
    if (live === undefined || left.length === 0 || isForeign) return 'left';
    const { exitCode, stderr } = await cluster.at(then).attempt(['replace', `--field-manager=${MANAGER}`, '--filename=-'], {
      input: JSON.stringify(replacementOf(live, wanted)),
      isShown: true,
    });
    if (exitCode === 0) return 'replaced';
    // Its controller writes a status every now and then: what is live is read again.
    if (tries === TRIES || !/\(Conflict\)/.test(stderr))
      throw errors.SHIP_KUBE_COMMAND({ tool: 'kubectl replace', problem: stderr.trim() });
  }
}

/** What is live, with all that somebody would write as it was. It has the version that was read: who changes it meanwhile wins. */
function replacementOf(live: KubeObject, wanted: KubeObject): KubeObject {
  const { labels: _labels, annotations = {}, ...metadata } = live.metadata;
  const ofOthers = Object.fromEntries(
    Object.entries(annotations).filter(([name]) => /(^|\.)kubernetes\.io\//.test(name) && name !== LAST_APPLIED),
  );
  return {
    ...wanted,
    ...(live.status === undefined ? {} : { status: live.status }),
    metadata: { ...metadata, ...wanted.metadata, annotations: { ...ofOthers, ...wanted.metadata.annotations } },
  };
}

/** A replacement is noted as another manager of the same name: what it has set would stay when a later version has it no more. */
export async function disownUpdate(cluster: Cluster, then: KubeObject): Promise<void> {
  const [live] = await cluster.named([then]);
  const at =
    live === undefined ? -1 : managersOf(live).findIndex(({ manager, operation }) => manager === MANAGER && operation === 'Update');
  if (at < 0) return;
  const path = `/metadata/managedFields/${at}`;
  const patch = [
    { op: 'test', path: `${path}/manager`, value: MANAGER },
    { op: 'test', path: `${path}/operation`, value: 'Update' },
    { op: 'remove', path },
  ];
  await cluster.at(then).text(['patch', reference(then), '--type=json', `--patch=${JSON.stringify(patch)}`]);
}
