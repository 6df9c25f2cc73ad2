export { type Captured, capturedOf, comparable, scaledIn } from './captured.js';
export { cleaned, LAST_APPLIED, stable } from './clean.js';
export { type Answer, type Asked, Cluster, kubectlArgv, type Where, whereOf } from './cluster.js';
export { differencesOf, differenceText, pathText } from './differences.js';
export { type Drift, driftOf } from './drift.js';
export { errors } from './errors.js';
export { addEvidence, type Looked } from './evidence.js';
export { demandIntent, examineComponents, type Intent, objectsIn, refuseForbidden } from './examine.js';
export { checkedContext, checkedName } from './names.js';
export * from './objects.js';
export { foreignOwners, isFormer, isScaledByOther, MANAGER } from './owners.js';
export type { Wanted } from './permissions.js';
export { type PlaceOptions, placeFields, placeOf, placeOptionsSchema } from './place.js';
export { judgePod, type PodVerdict, type Tolerance } from './pods.js';
export { differencesFrom, leftOf, type Measure, provenPods, replicasText } from './proof.js';
export { disownUpdate, replaceWhole } from './replace.js';
export {
  awaitRollout,
  eventsOf,
  newPodsOf,
  type Owned,
  ownedBy,
  type Standing,
  standingsAmong,
  standingsOf,
  type Waiting,
} from './rollout.js';
export { containersOf, digestsOf, newestAmong, newestPods, restartsOf, volumesOf, workloadsIn } from './running.js';
export { configOf, type Restarting, restartStale, startedSince } from './stale-pods.js';
export { type Progress, progressOf, replicaFailure, WORKLOADS } from './workloads.js';
