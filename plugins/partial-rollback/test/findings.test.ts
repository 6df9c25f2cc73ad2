import type { ComponentConfig, Snapshot } from '@ship/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aloneFindings, breakingChange, fits, leftBehindFindings } from '../src/findings.js';

const component = (name: string, more: Partial<ComponentConfig> = {}): ComponentConfig => ({
  name,
  driver: 'service',
  version: '2.1.0',
  core: false,
  depends_on: [],
  dependencies: {},
  compatible_with: {},
  settings: {},
  ...more,
});
const api = component('api');
const told = async (...args: Parameters<typeof aloneFindings>) =>
  (await aloneFindings(...args)).map(({ level, rule }) => `${level} ${rule}`);
const back = { component: api, from: '2.1.0', to: '2.0.4', target: null, others: [] };

describe('breakingChange', () => {
  it.each([
    ['1.2.3', '1.0.0', false],
    ['v1.2.3', 'v1.2.2', false],
    ['2.0.0', '1.9.9', true],
    ['v2', 'v1', true],
    ['1.4', '1.3', false],
    ['0.3.0', '0.2.9', true],
    ['0.3.1', '0.3.0', false],
    ['1.0.0-rc.1', '1.0.0', false],
    ['3f9ac21', '77be001', undefined],
    ['20260115', '20260114', undefined],
    ['latest', '1.0.0', undefined],
    ['1.2.3.4', '1.2.3.3', undefined],
  ])('given %s and %s, when they are compared, then a breaking change is %s', async (from, to, breaking) => {
    expect(await breakingChange({ version: from }, { version: to })).toMatchObject({ breaking });
  });

  it('given contracts on both sides, when they are compared, then they tell and the numbers do not', async () => {
    expect(await breakingChange({ version: '2.0.0', contract: 'v7' }, { version: '1.0.0', contract: 'v7' })).toMatchObject({
      breaking: false,
    });
    expect(await breakingChange({ version: '1.0.1', contract: 'v8' }, { version: '1.0.0', contract: 'v7' })).toMatchObject({
      breaking: true,
    });
    expect(await breakingChange({ version: '2.0.0', contract: 'v8' }, { version: '1.0.0' })).toMatchObject({ breaking: true });
  });

  it('given any two versions of one major above 0, when they are compared, then it is no breaking change; of two majors, then it is', async () => {
    const numbers = fc.tuple(fc.integer({ min: 1, max: 50 }), fc.nat({ max: 50 }), fc.nat({ max: 50 }));
    await fc.assert(
      fc.asyncProperty(numbers, numbers, async (one, other) => {
        const { breaking } = await breakingChange({ version: one.join('.') }, { version: other.join('.') });
        expect(breaking).toBe(one[0] !== other[0]);
      }),
    );
  });
});

describe('fits', () => {
  it.each([
    ['2.0.4', '>=2.0 <3', true],
    ['v1.9.0', '>=2.0 <3', false],
    ['2.1.0-rc.1', '>=2.0 <3', true],
    ['3f9ac21', '*', undefined],
  ])('given %s and the range %s, when it is asked, then %s', async (version, range, fit) => {
    expect(await fits(version, range)).toBe(fit);
  });
});

describe('what speaks against one component alone', () => {
  it('given an isolated one and a small step, when it is looked at, then nothing does', async () => {
    expect(await told(back)).toEqual(['info breaking-change']);
  });

  it('given a core component, when it is looked at, then that is a block, and nothing else is asked', async () => {
    expect(await told({ ...back, component: component('api', { core: true }) })).toEqual(['block core']);
  });

  it('given another major, when it is looked at, then that is a block; given a commit, then a warning', async () => {
    expect(await told({ ...back, to: '1.9.0' })).toEqual(['block breaking-change']);
    expect(await told({ ...back, from: 'a1b2c3d', to: 'd4c3b2a' })).toEqual(['warn breaking-change']);
  });

  it.each([
    ['HARD', 'block'],
    ['SOFT', 'warn'],
    ['LAZY', 'warn'],
    ['OPTIONAL', 'info'],
  ] as const)(
    'given a dependent with a %s edge that does not work with the old version, when it is looked at, then that is a %s',
    async (kind, level) => {
      const others = [component('worker', { dependencies: { api: kind }, compatible_with: { api: '>=2.1' } })];
      const findings = await aloneFindings({ ...back, others });
      expect(findings.at(-1)).toEqual({
        level,
        rule: 'dependents',
        message: `worker 2.1.0 does not work with api 2.0.4: it wants >=2.1 (${kind})`,
      });
    },
  );

  it('given dependents that fit, name no versions, or cannot tell, when they are looked at, then info, info and a warning', async () => {
    const dependent = (name: string, more: Partial<ComponentConfig>) => component(name, { dependencies: { api: 'HARD' }, ...more });
    const others = [dependent('a', { compatible_with: { api: '^2' } }), dependent('b', {}), component('c')];
    expect(await told({ ...back, others })).toEqual(['info breaking-change', 'info dependents', 'info dependents']);
    expect(await told({ ...back, from: undefined, to: 'f00ba12', others: others.slice(0, 1) })).toEqual(['warn dependents']);
  });

  it('given an old version that wants an older dependency than is live, when it is looked at, then that is a block', async () => {
    const then = component('api', { version: '2.0.4', dependencies: { db: 'HARD' }, compatible_with: { db: '<5' } });
    const target = { components: { api: { version: '2.0.4' } }, config: { components: { api: then } } } as unknown as Snapshot;
    const others = [component('db', { version: '5.0.0' })];
    expect(await told({ ...back, target, others })).toEqual(['info breaking-change', 'block dependencies']);
  });

  it('given a component that a snapshot does not hold, when everything else goes back to it, then it must fit, too', async () => {
    const target = { components: { api: { version: '1.0.0' } } } as unknown as Snapshot;
    const late = component('late', { dependencies: { api: 'HARD' }, compatible_with: { api: '^2' } });
    expect(await leftBehindFindings({ api, late }, target)).toMatchObject([{ level: 'block', rule: 'dependents' }]);
    expect(await leftBehindFindings({ api, worker: component('worker') }, target)).toEqual([]);
  });
});
