import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdsData, judge, lineOf } from '../src/rollback/judge.js';
import type { PlanDocument, ResourceChange } from '../src/tool/plan-document.js';

const change = (kind: ResourceChange['kind'], address: string, more: Partial<ResourceChange> = {}): ResourceChange => ({
  kind,
  address,
  type: address.replace(/^.*?(\w+)\.\w+(?:\[.*\])?$/, '$1'),
  attributes: [],
  ...more,
});

const plan = (...changes: ResourceChange[]): PlanDocument => ({
  differs: changes.length > 0,
  changes,
  imports: [],
  moves: [],
  results: [],
  outputValues: {},
  outputsRemoved: [],
  drift: [],
  outputs: [],
  variables: {},
  sensitive: [],
});

const NOBODY = { stateful: [], stateless: [], protected: [] };
const old = () => false;

describe('what holds data', () => {
  it.each([
    ['a type that nobody knows', 'aws_db_instance.main', NOBODY, true],
    ['a type that is known to hold none', 'aws_lb.front', NOBODY, false],
    ['one that the options say holds some', 'aws_lb.front', { ...NOBODY, stateful: ['aws_lb'] }, true],
    ['one of a type that may be replaced', 'aws_db_instance.main', { ...NOBODY, stateless: ['aws_db_instance'] }, false],
    [
      'an address, which says more than a type',
      'aws_db_instance.main',
      { ...NOBODY, stateful: ['aws_db_instance.main'], stateless: ['aws_db_instance'] },
      true,
    ],
    [
      'an address that may be replaced, whatever else is said',
      'aws_lb.front',
      { stateful: ['aws_lb.front'], stateless: ['aws_lb.front'], protected: ['aws_lb.front'] },
      false,
    ],
    ['an address without its index', 'module.a["x"].aws_lb.front[0]', { ...NOBODY, stateful: ['module.a.aws_lb.front'] }, true],
    ['one that prevent_destroy protects', 'module.a["]"].aws_lb.front', { ...NOBODY, protected: ['module.a.aws_lb.front'] }, true],
    ['one of the same name in a module', 'module.a.aws_lb.front', { ...NOBODY, protected: ['aws_lb.front'] }, false],
  ] as const)('given %s, then it is %s: %s', (_, address, holders, expected) => {
    expect(holdsData({ address, type: /(\w+)\.\w+(?:\[.*\])?$/.exec(address)![1]! }, holders)).toBe(expected);
  });
});

describe('the verdict over a way back', () => {
  it('given destroys and replaces of what holds data, then they are blocks; what came with the run is a warning', () => {
    const changes = plan(
      change('delete', 'aws_db_instance.old'),
      change('replace', 'aws_db_instance.fresh', { reason: 'replace_because_cannot_update' }),
      change('delete', 'aws_lb.front'),
      change('update', 'aws_db_instance.other', { attributes: ['size'] }),
    );

    const verdict = judge(changes, NOBODY, (address) => address.endsWith('fresh'));

    expect(verdict.blocks).toEqual(['would destroy aws_db_instance.old, which may hold data']);
    expect(verdict.warnings).toEqual([
      'would replace aws_db_instance.fresh, which may hold data (cannot update); it was made by what is taken back now',
    ]);
    expect(verdict.summary).toBe('1 to update, 1 to replace, 2 to destroy');
  });

  it('given outputs alone, or nothing, then that is what is said', () => {
    expect(judge({ ...plan(), outputs: ['url'] }, NOBODY, old).summary).toBe('outputs: url');
    expect(judge(plan(), NOBODY, old).summary).toBe('nothing differs');
  });

  it('given any plan, then nothing that may hold data is destroyed or replaced without a block or a warning', () => {
    const kinds = fc.constantFrom('create', 'update', 'replace', 'delete', 'forget') as fc.Arbitrary<ResourceChange['kind']>;
    const changes = fc.array(
      fc.record({ kind: kinds, type: fc.constantFrom('aws_lb', 'aws_db_instance', 'any'), name: fc.constantFrom('a', 'b') }),
    );
    fc.assert(
      fc.property(changes, fc.boolean(), (drawn, isNew) => {
        const all = drawn.map(({ kind, type, name }) => change(kind, `${type}.${name}`, { type }));
        const { blocks, warnings, lines } = judge(plan(...all), NOBODY, () => isNew);
        const harmful = all.filter(({ kind, type }) => (kind === 'delete' || kind === 'replace') && type !== 'aws_lb');
        expect(blocks.length + warnings.length).toBe(harmful.length);
        expect(isNew ? blocks : warnings).toEqual([]);
        expect(lines).toHaveLength(all.length);
      }),
    );
  });

  it('given changed attributes, then their names are shown, and never a value', () => {
    expect(lineOf(change('update', 'a.b', { attributes: ['password', 'size'] }))).toBe('update a.b (password, size)');
  });
});
