import { describe, expect, it } from 'vitest';
import { type Backend, demandCarried, demandReady, isHealthy, sharesFor, weightsOf } from '../src/routers/backends.js';
import { behind } from '../src/routers/behind.js';
import { pointer } from '../src/routers/guard.js';
import {
  type HttpRoute,
  pinningRules,
  rulesWith,
  standingOf,
  weighingRules,
  weightChanges,
  weightsIn,
} from '../src/routers/route-rules.js';

const backend = (key: string, given: Partial<Backend> = {}): Backend => ({
  key,
  name: `slot=${key}`,
  version: key,
  ready: 2,
  wanted: 2,
  weight: 0,
  ...given,
});

describe('the shares of versions', () => {
  it.each<[string, Backend[], object]>([
    ['weights that make 100', [backend('1', { weight: 75 }), backend('2', { weight: 25 })], { 1: 75, 2: 25 }],
    ['weights that make something else', [backend('1', { weight: 2 }), backend('2', { weight: 1 })], { 1: 67, 2: 33 }],
    ['less than a percent', [backend('1', { weight: 999 }), backend('2', { weight: 1 })], { 1: 99, 2: 1 }],
    ['nothing at all', [backend('1'), backend('2')], { 1: 0, 2: 0 }],
    ['traffic that goes where nothing runs', [backend('1', { version: undefined, weight: 100 }), backend('2')], { 'slot=1': 100, 2: 0 }],
    ['two backends of one version', [backend('a', { version: '1', weight: 60 }), backend('b', { version: '1', weight: 40 })], { 1: 100 }],
  ])('given %s, when they are read, then they are said by version', (_, backends, weights) => {
    expect(weightsOf(backends)).toEqual(weights);
  });

  it.each([
    [{ 1: 60 }, 'they make 60, not 100'],
    [{ 1: 50.5, 2: 49.5 }, 'whole number'],
    [{ 1: -100, 2: 200 }, 'whole number'],
    [{ 1: Number.NaN }, 'whole number'],
    [{}, 'they make 0'],
  ])('given the weights %j, when they are asked for, then they are refused', (weights, message) => {
    expect(() => sharesFor('web', [backend('1'), backend('2')], weights as never)).toThrow(message);
  });

  it('given a version that runs nowhere, when it should have traffic, then it is refused, and what runs is named', () => {
    expect(() => sharesFor('web', [backend('1'), backend('2')], { 9: 100 })).toThrow('web 9 runs nowhere behind its router');
    expect(sharesFor('web', [backend('1')], { 1: 100, 9: 0 })).toEqual(new Map([['1', 100]]));
  });

  it('given two backends of one version, when it should have traffic, then the one that has it keeps it', () => {
    const two = [backend('a', { version: '1' }), backend('b', { version: '1', weight: 100 })];
    expect(sharesFor('web', two, { 1: 100 })).toEqual(
      new Map([
        ['a', 0],
        ['b', 100],
      ]),
    );
  });
});

describe('what replicas can carry', () => {
  const live = (wanted: number, weight = 100) => backend('1', { wanted, ready: wanted, weight });
  const refused = (backends: Backend[], weights: Record<string, number>) => () =>
    demandCarried('web', backends, sharesFor('web', backends, weights));

  it.each([
    [1, 10, 10, true],
    [1, 10, 11, false],
    [2, 10, 11, true],
    [3, 4, 75, true],
    [3, 4, 76, false],
    [4, 4, 100, true],
    [0, 4, 1, false],
    [0, 0, 100, false],
    [1, 0, 100, true],
  ])(
    'given %i ready pods beside %i that carry the traffic, when it should have %i %%, then that is carried: %s',
    (ready, wanted, share, isCarried) => {
      const attempt = refused(
        [live(wanted), backend('2', { ready, wanted: ready })],
        share === 100 ? { 2: 100 } : { 1: 100 - share, 2: share },
      );
      if (isCarried) expect(attempt).not.toThrow();
      else expect(attempt).toThrow(/web 2 cannot carry/);
    },
  );

  it('given a version that has lost its pods, when its share is lowered, then that is not refused', () => {
    const backends = [backend('1', { ready: 1, wanted: 4, weight: 100 }), backend('2', { ready: 4, wanted: 4 })];
    expect(refused(backends, { 1: 20, 2: 80 })).not.toThrow();
  });

  it('given traffic on both, when one is to have all of it, then the larger one says how many that takes', () => {
    expect(refused([live(8, 60), backend('2', { ready: 4, wanted: 4, weight: 40 })], { 2: 100 })).toThrow('of the 8 pods');
  });

  it('given fewer replicas than now, when weights go back to what they were, then that is not refused; to nobody it is', () => {
    const backends = [live(8), backend('2', { ready: 2 }), backend('3', { ready: 0 })];
    expect(() => demandReady('web', backends, sharesFor('web', backends, { 2: 100 }))).not.toThrow();
    expect(() => demandReady('web', backends, sharesFor('web', backends, { 3: 100 }))).toThrow(/web 3 cannot carry/);
  });

  it('given what its controller scales before it gets traffic, then its pods of now do not count', () => {
    const backends = [live(8), backend('2', { ready: 1, isScaled: true })];
    expect(refused(backends, { 2: 100 })).not.toThrow();
  });

  it('given ready pods, when a version is asked for, then it is healthy where they are enough for the share that it has', () => {
    const backends = [live(4, 75), backend('2', { ready: 1, wanted: 1, weight: 25 }), backend('3', { ready: 0 })];
    expect(['1', '2', '3', '9'].map((version) => isHealthy(backends, version))).toEqual([true, true, false, false]);
    expect(isHealthy([live(4, 50), backend('2', { ready: 1, weight: 50 })], '2')).toBe(false);
  });
});

describe('what is behind a selector', () => {
  const labels = (version: string) => ({ app: 'web', slot: 'blue', 'app.kubernetes.io/version': version });
  const workload = (version: string) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { replicas: 3, template: { metadata: { labels: labels(version) } } },
  });
  const pod = (version: string, isReady = true, more = {}) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', labels: labels(version), ...more },
    status: { conditions: [{ type: 'Ready', status: isReady ? ('True' as const) : ('False' as const) }] },
  });

  it('given pods of two versions, unready ones and leaving ones, when it is rolled out, then only ready pods of the new one count', () => {
    const pods = [pod('2'), pod('1'), pod('2', false), pod('2', true, { deletionTimestamp: 'now' })];
    expect(behind({ workloads: [workload('2')], pods }, { slot: 'blue' })).toEqual({ version: '2', ready: 1, wanted: 3 });
  });

  it('given pods of an unknown kind of workload, and nothing at all, then they are counted', () => {
    expect(behind({ workloads: [], pods: [pod('2'), pod('2', false)] }, { slot: 'blue' })).toEqual({ version: '2', ready: 1, wanted: 2 });
    expect(behind({ workloads: [workload('2')], pods: [] }, { slot: 'green' })).toEqual({ version: undefined, ready: 0, wanted: 0 });
  });
});

describe('the rules of an HTTPRoute', () => {
  const route = (...rules: object[]) =>
    ({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { rules },
    }) as HttpRoute;
  const both = {
    backendRefs: [
      { name: 'blue', weight: 100 },
      { name: 'other', weight: 5 },
      { name: 'green', weight: 0 },
    ],
  };
  const services = ['blue', 'green'];
  const shares = (blue: number, green: number) =>
    new Map([
      ['blue', blue],
      ['green', green],
    ]);

  it('given backends of other namespaces and kinds with the same names, then they are not ours', () => {
    const foreign = [
      { name: 'blue', namespace: 'else' },
      { name: 'green', kind: 'ServiceImport', group: 'multicluster.x-k8s.io' },
    ];
    expect(weighingRules(route({ backendRefs: foreign }), services)).toEqual([]);
    const own = [
      { name: 'blue', namespace: 'shop' },
      { name: 'green', kind: 'Service', group: '' },
    ];
    expect(weighingRules(route({ backendRefs: own }), services)).toHaveLength(1);
  });

  it('given a rule that names one alone, then it is a pin, and not weighed', () => {
    const pinned = route(both, { matches: [{ headers: [] }], backendRefs: [{ name: 'green' }] }, {});
    expect(pinningRules(pinned, services)).toEqual([{ at: 1, service: 'green' }]);
    expect(weighingRules(pinned, services).map(({ at }) => at)).toEqual([0]);
  });

  it('given backends of others, when ours change, then these stay, and ours weigh together what they weighed', () => {
    const changed = weightChanges(weighingRules(route(both), services), shares(25, 75));
    expect(changed).toEqual({
      changes: [
        { path: '/spec/rules/0/backendRefs/0/weight', value: 25 },
        { path: '/spec/rules/0/backendRefs/2/weight', value: 75 },
      ],
    });
    expect(rulesWith(route(both), (changed as { changes: [] }).changes)).toEqual([
      {
        backendRefs: [
          { name: 'blue', weight: 25 },
          { name: 'other', weight: 5 },
          { name: 'green', weight: 75 },
        ],
      },
    ]);
  });

  it('given no backends of others, when weights were never written, then percents are', () => {
    const plain = route({ backendRefs: [{ name: 'blue' }, { name: 'green' }] });
    expect(weightsIn(weighingRules(plain, services), services)).toEqual({ blue: 0.5, green: 0.5 });
    expect(weightChanges(weighingRules(plain, services), shares(10, 90))).toMatchObject({ changes: [{ value: 10 }, { value: 90 }] });
  });

  it('given a Service that a rule names twice, then one of them has its weight', () => {
    const twice = route({
      backendRefs: [
        { name: 'blue', weight: 50 },
        { name: 'blue', weight: 50 },
        { name: 'green', weight: 0 },
      ],
    });
    expect(weightChanges(weighingRules(twice, services), shares(100, 0))).toEqual({
      changes: [
        { path: '/spec/rules/0/backendRefs/0/weight', value: 100 },
        { path: '/spec/rules/0/backendRefs/1/weight', value: 0 },
      ],
    });
  });

  it('given rules where ours weigh nothing beside others, then one alone is left out, and all of them are refused', () => {
    const off = {
      backendRefs: [
        { name: 'blue', weight: 0 },
        { name: 'green', weight: 0 },
        { name: 'other', weight: 1 },
      ],
    };
    expect(weightChanges(weighingRules(route(off, both), services), shares(0, 100))).toMatchObject({ changes: [{}, {}] });
    expect(weightChanges(weighingRules(route(off), services), shares(0, 100))).toHaveProperty('problem');
  });

  it.each<[string, object[] | undefined, string, RegExp | undefined]>([
    ['no controller', undefined, 'silent', undefined],
    ['no condition that counts', [{ type: 'Shadowed', status: 'True', observedGeneration: 1 }], 'silent', undefined],
    ['acceptance', [{ type: 'Accepted', status: 'True', observedGeneration: 3 }], 'in-force', undefined],
    ['acceptance of no said generation', [{ type: 'Accepted', status: 'True' }], 'in-force', undefined],
    [
      'acceptance of an older generation',
      [{ type: 'Accepted', status: 'True', observedGeneration: 2 }],
      'late',
      /generation 2, and not yet 3/,
    ],
    [
      'a refusal',
      [{ type: 'ResolvedRefs', status: 'False', reason: 'BackendNotFound', observedGeneration: 3 }],
      'refused',
      /ResolvedRefs=False, BackendNotFound/,
    ],
    ['an unknown state', [{ type: 'Programmed', status: 'Unknown', observedGeneration: 3 }], 'refused', /Programmed=Unknown/],
  ])('given %s, then that is how it stands', (_, conditions, state, problem) => {
    const status = conditions && { parents: [{ controllerName: 'example.org/gw', conditions }] };
    const standing = standingOf({ ...route(both), metadata: { name: 'web', generation: 3 }, status } as HttpRoute);
    expect(standing.state).toBe(state);
    if (problem) expect((standing as { problem: string }).problem).toMatch(problem);
  });
});

it('given a key of a label with a slash and a tilde, when it stands in a pointer, then both are escaped', () => {
  expect(pointer('app.kubernetes.io/a~b')).toBe('app.kubernetes.io~1a~0b');
});
