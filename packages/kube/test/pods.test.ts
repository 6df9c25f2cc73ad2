import { describe, expect, it } from 'vitest';
import { type ContainerStatus, judgePod, type Pod } from '../src/index.js';

const pod = (status: NonNullable<Pod['status']>): Pod => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-1' }, status });
const container = (more: Partial<ContainerStatus>): ContainerStatus => ({
  name: 'app',
  ready: false,
  restartCount: 0,
  image: 'shop/app:2',
  ...more,
});
const waiting = (reason: string, message = '') => ({ state: { waiting: { reason, message } } });
const of = (more: Partial<ContainerStatus>, rest: Partial<NonNullable<Pod['status']>> = {}) =>
  judgePod(pod({ phase: 'Pending', containerStatuses: [container(more)], ...rest }), { restarts: 0 });

describe('what the state of a pod means', () => {
  it.each([
    ['an image that is not there', of(waiting('ImagePullBackOff', 'rpc error: manifest unknown')), 'broken', 'ImagePullBackOff'],
    [
      'an image that nobody may have',
      of(waiting('ErrImagePull', 'pull access denied, repository does not exist')),
      'broken',
      'ErrImagePull',
    ],
    ['a registry that is slow', of(waiting('ImagePullBackOff', 'dial tcp: i/o timeout')), 'waiting', 'ImagePullBackOff'],
    ['a name that is none', of(waiting('InvalidImageName', "couldn't parse image reference")), 'broken', 'InvalidImageName'],
    [
      'a configuration that is missing',
      of(waiting('CreateContainerConfigError', 'configmap "web" not found')),
      'broken',
      'CreateContainerConfigError',
    ],
    ['a container that ends again and again', of({ ...waiting('CrashLoopBackOff'), restartCount: 1 }), 'broken', 'CrashLoopBackOff'],
    [
      'one that needs too much memory',
      of({ restartCount: 1, state: { running: {} }, lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } }),
      'broken',
      'OOMKilled',
    ],
    ['one that is being made', of(waiting('ContainerCreating')), 'waiting', 'ContainerCreating'],
    ['one that runs and is not ready', of({ state: { running: {} } }), 'waiting', 'NotReady'],
    ['one that ended once', of({ state: { terminated: { exitCode: 1 } } }), 'waiting', 'Starting'],
    [
      'one that no node takes',
      of({}, { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes' }] }),
      'waiting',
      'Unschedulable',
    ],
    ['one that is ready', of({ ready: true }, { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }), 'ready', 'Ready'],
    ['one that has failed', of({ ready: false }, { phase: 'Failed', reason: 'Evicted', message: 'low on memory' }), 'broken', 'Evicted'],
  ])('given %s, then that is said', (_what, verdict, state, reason) => {
    expect(verdict).toMatchObject({ state, reason });
  });

  it('given a crash, then the message has how it ended, and of which container', () => {
    const ended = { terminated: { exitCode: 3, message: 'no config\n' } };
    const { message, container: name } = of({ ...waiting('CrashLoopBackOff'), restartCount: 4, lastState: ended });
    expect({ message, name }).toEqual({ message: 'app ended 5 times, the last time with 3: no config', name: 'app' });
  });

  it('given containers that had been started anew in the version before as well, then as many times are borne', () => {
    const status = { phase: 'Running', containerStatuses: [container({ ...waiting('CrashLoopBackOff'), restartCount: 2 })] } as const;
    expect(judgePod(pod(status), { restarts: 2 }).state).toBe('waiting');
    expect(judgePod(pod(status), { restarts: 1 }).state).toBe('broken');
  });

  it('given an init container that is broken, then it is named, not the one that waits for it', () => {
    const init = container({ name: 'migrate', ...waiting('CrashLoopBackOff'), restartCount: 2 });
    const verdict = judgePod(pod({ initContainerStatuses: [init], containerStatuses: [container(waiting('PodInitializing'))] }), {
      restarts: 0,
    });
    expect(verdict).toMatchObject({ state: 'broken', container: 'migrate' });
  });

  it('given a pod without any status, then it is waited for', () => {
    expect(judgePod({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } }, { restarts: 0 }).state).toBe('waiting');
  });
});
