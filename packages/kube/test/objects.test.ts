import { describe, expect, it } from 'vitest';
import { cleaned } from '../src/clean.js';
import { differencesOf, differenceText, pathText } from '../src/differences.js';
import { identityOf, type KubeObject, kindOf } from '../src/objects.js';
import { foreignOwners, isScaledByOther } from '../src/owners.js';
import { configOf } from '../src/stale-pods.js';

const deployment = (fields: object, metadata: object = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', ...metadata },
  spec: fields,
});

describe('an object without what the server adds', () => {
  it('given an answer of the API, when it is cleaned, then two that mean the same are the same', () => {
    const answer = deployment(
      { replicas: 2, template: { metadata: { creationTimestamp: null, labels: { app: 'web' } } } },
      { uid: 'u', resourceVersion: '7', managedFields: [], annotations: { 'deployment.kubernetes.io/revision': '3' }, labels: {} },
    );
    const clean = deployment({ replicas: 2, template: { metadata: { labels: { app: 'web' } } } });
    expect(cleaned({ ...answer, status: { replicas: 1 } }, false)).toEqual(clean);
  });

  it('given replicas that somebody else sets, when it is cleaned, then they are no part of it', () => {
    expect(cleaned(deployment({ replicas: 2, paused: false }), true).spec).toEqual({ paused: false });
  });

  it('given a service account, when it is cleaned, then its tokens are no part of it, and other secrets are', () => {
    const account = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'web' },
      secrets: [{ name: 'web-token-x8f2k' }, { name: 'own' }],
    };
    expect(cleaned(account, false).secrets).toEqual([{ name: 'own' }]);
  });
});

describe('how two objects differ', () => {
  const live = deployment({ containers: [{ name: 'app', image: 'a:2', env: [{ name: 'B', value: '1' }] }], replicas: 2 });

  it('given items with names, when one is another one, then the path leads into it', () => {
    const wanted = deployment({ containers: [{ name: 'app', image: 'a:1', env: [{ name: 'B', value: '1' }] }], replicas: 2 });
    const [difference] = differencesOf(live, wanted);
    expect(pathText(difference!.path, live)).toBe('.spec.containers[app].image');
    expect(differenceText(difference!, live, false)).toBe('.spec.containers[app].image is "a:2", and was "a:1"');
    expect(differenceText(difference!, live, true)).not.toContain('a:2');
  });

  it('given what is there and was not, and what was there and is not, then both are differences', () => {
    const wanted = deployment({ containers: [{ name: 'other' }], replicas: 2 });
    expect(differencesOf(live, wanted).map(({ kind }) => kind)).toEqual(['added', 'missing']);
  });

  it('given another order of items, then the list is another one', () => {
    const one = { env: [{ name: 'A' }, { name: 'B' }] };
    expect(differencesOf(one, { env: [{ name: 'B' }, { name: 'A' }] })).toMatchObject([{ path: ['env'], kind: 'changed' }]);
  });

  it('given another order of fields, then nothing differs', () => {
    expect(differencesOf({ a: 1, b: { c: 1, d: 2 } }, { b: { d: 2, c: 1 }, a: 1 })).toEqual([]);
  });
});

describe('who has set a field', () => {
  const managed = (manager: string, fieldsV1: object, more: object = {}) =>
    deployment(
      { replicas: 4, template: { spec: { containers: [{ name: 'app', env: [{ name: 'BY_HAND', value: '1' }] }] } } },
      { managedFields: [{ manager, operation: 'Update', fieldsV1, ...more }] },
    );
  const env = {
    'f:spec': {
      'f:template': {
        'f:spec': {
          'f:containers': {
            'k:{"name":"app"}': { 'f:env': { '.': {}, 'k:{"name":"BY_HAND"}': { '.': {}, 'f:name': {}, 'f:value': {} } } },
          },
        },
      },
    },
  };
  const path = ['spec', 'template', 'spec', 'containers', 0, 'env', 0];

  it('given an item that somebody has added, when it is asked for, or what holds it, then that is known', () => {
    expect(foreignOwners(managed('kubectl-set', env), path)).toEqual(['kubectl-set']);
    expect(foreignOwners(managed('kubectl-set', env), path.slice(0, 4))).toEqual(['kubectl-set']);
    expect(foreignOwners(managed('kubectl-set', env), ['spec', 'paused'])).toEqual([]);
  });

  it.each(['ship', 'kube-controller-manager', 'helm'])('given %s, then it is nobody else', (manager) => {
    expect(foreignOwners(managed(manager, env), path, ['helm'])).toEqual([]);
  });

  it.each([
    ['keda', { 'f:spec': { 'f:replicas': {} } }, {}, true],
    ['any', { 'f:spec': { 'f:replicas': {} } }, { subresource: 'scale' }, true],
    ['argocd', { 'f:metadata': {}, 'f:spec': { 'f:replicas': {}, 'f:template': {} } }, {}, false],
    ['kubectl-scale', { 'f:spec': { 'f:replicas': {} } }, { subresource: 'scale' }, false],
    ['ship', { 'f:spec': { 'f:replicas': {} } }, {}, false],
  ])(
    'given %s that has set %j, when it is asked whether it scales, then only what sets nothing else does',
    (manager, fields, more, scales) => {
      expect(isScaledByOther(managed(manager, fields, more))).toBe(scales);
    },
  );
});

describe('names', () => {
  it('given objects in two versions of their kind, then they are the same', () => {
    const scaler = (apiVersion: string) => ({ apiVersion, kind: 'HorizontalPodAutoscaler', metadata: { name: 'web' } });
    expect(kindOf(scaler('autoscaling/v2'))).toBe('HorizontalPodAutoscaler.v2.autoscaling');
    expect(identityOf(scaler('autoscaling/v2'))).toBe(identityOf(scaler('autoscaling/v1')));
    expect(kindOf({ apiVersion: 'v1', kind: 'ConfigMap' })).toBe('ConfigMap.v1.');
  });

  it('given objects of one name in two namespaces, then they are not the same', () => {
    const config = (namespace: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web', namespace } });
    expect(identityOf(config('a'))).not.toBe(identityOf(config('b')));
  });
});

it('given a template of pods, when its configuration is looked for, then ConfigMaps and Secrets of variables, volumes and pulls are found', () => {
  const spec = {
    imagePullSecrets: [{ name: 'registry' }],
    volumes: [
      { configMap: { name: 'files' } },
      { secret: { secretName: 'keys' } },
      { projected: { sources: [{ configMap: { name: 'all' } }] } },
    ],
    containers: [{ envFrom: [{ configMapRef: { name: 'env' } }], env: [{ valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }] }],
  };
  expect(configOf({ spec })).toEqual([
    'ConfigMap.v1./all',
    'ConfigMap.v1./env',
    'ConfigMap.v1./files',
    'Secret.v1./db',
    'Secret.v1./keys',
    'Secret.v1./registry',
  ]);
});
