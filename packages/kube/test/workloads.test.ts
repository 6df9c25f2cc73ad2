import { describe, expect, it } from 'vitest';
import { newPodsOf, progressOf, type Workload } from '../src/index.js';

const workload = (kind: string, spec: Workload['spec'], status: Workload['status']): Workload => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 'web', uid: 'w', generation: 2 },
  spec,
  status: { observedGeneration: 2, ...status },
});
const deployment = (status: Workload['status'], spec: Workload['spec'] = { replicas: 3 }) =>
  progressOf(workload('Deployment', spec, status));

describe('how far a rollout has come', () => {
  it.each([
    ['a change that nobody has seen', deployment({ observedGeneration: 1 }), 'waiting', 'has not seen'],
    ['new replicas that are missing', deployment({ replicas: 3, updatedReplicas: 1 }), 'waiting', '1 of 3 replicas are new'],
    [
      'old ones that still run',
      deployment({ replicas: 4, updatedReplicas: 3, availableReplicas: 4 }),
      'waiting',
      '1 of the version before',
    ],
    [
      'new ones that are not ready',
      deployment({ replicas: 3, updatedReplicas: 3, availableReplicas: 2 }),
      'waiting',
      '2 of 3 replicas are ready',
    ],
    ['all of them', deployment({ replicas: 3, updatedReplicas: 3, availableReplicas: 3 }), 'ready', 'all 3'],
    ['none that are wanted', deployment({}, { replicas: 0 }), 'ready', 'all 0'],
    ['a pause', deployment({ replicas: 3 }, { replicas: 3, paused: true }), 'broken', 'paused'],
    [
      'a deadline that is over',
      deployment({ conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'too late' }] }),
      'broken',
      'too late',
    ],
    [
      'a StatefulSet whose last one is old',
      progressOf(
        workload(
          'StatefulSet',
          { replicas: 2 },
          { replicas: 2, readyReplicas: 2, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' },
        ),
      ),
      'waiting',
      '1 of 2 replicas are new',
    ],
    [
      'a StatefulSet with a partition',
      progressOf(
        workload(
          'StatefulSet',
          { replicas: 2, updateStrategy: { rollingUpdate: { partition: 1 } } },
          { replicas: 2, readyReplicas: 2, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' },
        ),
      ),
      'ready',
      'all 2',
    ],
    [
      'a DaemonSet on nodes that are not reached yet',
      progressOf(workload('DaemonSet', {}, { desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 1 })),
      'waiting',
      '1 of 3 replicas are ready',
    ],
    [
      'a DaemonSet',
      progressOf(workload('DaemonSet', {}, { desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3 })),
      'ready',
      'all 3',
    ],
  ])('given %s, then that is said', (_what, progress, state, message) => {
    expect(progress.state).toBe(state);
    expect(progress.message).toContain(message);
  });
});

describe('the pods of the new version', () => {
  const owned = (kind: string, name: string, owner: string, more: object = {}) => ({
    apiVersion: 'v1',
    kind,
    metadata: { name, uid: name, ownerReferences: [{ kind: 'x', name: owner, uid: owner }], ...more },
  });

  it('given two ReplicaSets of a Deployment, then those of its own revision are the new ones', () => {
    const of = (revision: string) => ({ annotations: { 'deployment.kubernetes.io/revision': revision } });
    const web = { ...workload('Deployment', {}, {}), metadata: { name: 'web', uid: 'w', ...of('2') } };
    const replicaSets = [owned('ReplicaSet', 'old', 'w', of('1')), owned('ReplicaSet', 'new', 'w', of('2'))];
    const pods = [owned('Pod', 'a', 'old'), owned('Pod', 'b', 'new'), owned('Pod', 'c', 'another')];
    expect(newPodsOf(web, { replicaSets, pods }).map(({ metadata }) => metadata.name)).toEqual(['b']);
  });

  it('given a StatefulSet, then they bear its new revision', () => {
    const db = workload('StatefulSet', {}, { updateRevision: 'r2' });
    const pods = ['r1', 'r2'].map((each) => owned('Pod', each, 'w', { labels: { 'controller-revision-hash': each } }));
    expect(newPodsOf(db, { replicaSets: [], pods }).map(({ metadata }) => metadata.name)).toEqual(['r2']);
  });
});
