import { describe, expect, it } from 'vitest';
import type { Workload } from '../src/index.js';
import { exhaustedIn, type Quota, quantityOf, tooMuchFor } from '../src/quota.js';

const quota = (hard: Record<string, string>, used: Record<string, string> = {}, spec: Quota['spec'] = {}): Quota => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'q' },
  spec,
  status: { hard, used },
});

const web = (replicas: number, resources: object, more: object = {}): Workload => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: { replicas, template: { spec: { containers: [{ name: 'app', resources } as never] } }, ...more },
});

const CPU = { requests: { cpu: '500m' } };

describe('quotas', () => {
  it.each([
    ['500m', 0.5],
    ['1Gi', 2 ** 30],
    ['2', 2],
    ['1e3', 1000],
    ['1E', 1e18],
    [3, 3],
    ['0.5k', 500],
  ])('given the quantity %s, then it is %d', (text, amount) => expect(quantityOf(text)).toBe(amount));

  it.each(['', 'much', '1Zi', '--1'])('given %j, then it is no quantity', (text) => expect(quantityOf(text)).toBeNaN());

  it('given one that is used up, then that is said; one of nothing is meant to be so', () => {
    expect(exhaustedIn([quota({ pods: '3', secrets: '0', services: '5' }, { pods: '3', secrets: '0', services: '4' })])).toEqual([
      'the quota q is used up: pods 3 of 3',
    ]);
  });

  it('given more replicas than there is room for, then what is missing is said', () => {
    expect(tooMuchFor([quota({ 'requests.cpu': '2', pods: '10' }, { 'requests.cpu': '1' })], [web(3, CPU)], [])).toEqual([
      'what is configured does not fit into the quota q: it needs 1.5 more of requests.cpu, and 1 of 2 is used',
    ]);
  });

  it('given what is live already, then only what is more counts, and one pod that stands beside it meanwhile', () => {
    const full = quota({ cpu: '1' }, { cpu: '1' });
    expect(tooMuchFor([full], [web(2, CPU)], [web(2, CPU)])).toHaveLength(1);
    expect(tooMuchFor([full], [web(2, CPU, { strategy: { type: 'Recreate' } })], [web(2, CPU)])).toEqual([]);
    expect(tooMuchFor([full], [web(2, CPU, { strategy: { rollingUpdate: { maxUnavailable: 1 } } })], [web(2, CPU)])).toEqual([]);
    expect(tooMuchFor([full], [web(4, CPU)], [web(4, CPU)])).toEqual([]);
  });

  it('given a limit without a request, then as much is requested', () => {
    expect(tooMuchFor([quota({ 'requests.memory': '1Gi' })], [web(2, { limits: { memory: '1Gi' } })], [])).toHaveLength(1);
  });

  it('given an init container that needs more than all others, then it counts', () => {
    const init = web(1, CPU);
    const spec = {
      containers: init.spec.template!.spec!.containers!,
      initContainers: [{ name: 'a', resources: { requests: { cpu: 3 } } }],
    };
    expect(tooMuchFor([quota({ cpu: '2' })], [{ ...init, spec: { ...init.spec, template: { spec } } }], [])).toHaveLength(1);
  });

  it('given a quota for some pods alone, then nothing is said of it', () => {
    expect(tooMuchFor([quota({ pods: '1' }, {}, { scopes: ['BestEffort'] })], [web(3, {})], [])).toEqual([]);
  });
});
