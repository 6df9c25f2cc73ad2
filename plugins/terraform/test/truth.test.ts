import { describe, expect, it } from 'vitest';
import { beforeOf } from '../src/rollback/rotated.js';
import { asFarAsPromised, departures, type Expected, plannedHashes, readTruth } from '../src/rollback/truth.js';
import { keptNumbers, parseVariables, stringifyVariables } from '../src/tool/numbers.js';
import { readPlan } from '../src/tool/plan-document.js';

const state = (resources: Record<string, object>, outputs: Record<string, unknown> = {}, child_modules: object[] = []): Expected => ({
  ignored: {},
  truth: readTruth(
    JSON.stringify({
      values: {
        outputs: Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, { value }])),
        root_module: {
          resources: Object.entries(resources).map(([address, values]) => ({ address, mode: 'managed', values })),
          child_modules,
        },
      },
    }),
  ),
});

/** A plan that leads to these resources; `unknown` is what only the apply knows. */
const plan = (
  resources: Record<string, { after: object | null; unknown?: object; says?: string[]; actions?: string[] }>,
  outputs: object = {},
) =>
  readPlan(
    JSON.stringify({
      format_version: '1.2',
      configuration: {
        root_module: {
          resources: Object.entries(resources).map(([address, { says = ['input'] }]) => ({
            address: address.replace(/\[.*/, ''),
            expressions: Object.fromEntries(says.map((name) => [name, {}])),
          })),
        },
      },
      resource_changes: Object.entries(resources).map(([address, { after, unknown = {}, actions = ['no-op'] }]) => ({
        address,
        mode: 'managed',
        type: 't',
        change: { actions, before: {}, after, after_unknown: unknown },
      })),
      output_changes: outputs,
    }),
    true,
  );

describe('what a plan leads to, beside what was there', () => {
  it('given the same, then nothing departs, whatever a provider has made up', () => {
    const truth = state({ 't.a': { input: { x: [1] }, id: '1' }, 't.b["k"]': { input: 'b', id: '2' } });
    const led = plan({
      't.a': { after: { input: { x: [1] }, id: 'another' } },
      't.b["k"]': { after: { input: 'b' }, unknown: { id: true } },
    });
    expect(departures(truth, led)).toEqual({ addresses: [], values: [] });
  });

  it('given another value, one more, one less, another output, then each is named, and no value is', () => {
    const truth = state({ 't.a': { input: 'secret one' }, 't.gone': { input: 1 } }, { url: 'then' });
    const led = plan(
      { 't.a': { after: { input: 'secret two' } }, 't.more': { after: { input: 1 } } },
      { url: { actions: ['update'], after: 'now' } },
    );
    const found = departures(truth, led);
    expect(found).toEqual({
      addresses: ['t.gone would not be there', 't.more would be there, and was not'],
      values: ['t.a (input)', 'output url'],
    });
    expect(JSON.stringify(found)).not.toContain('secret');
  });

  it('given a value that only the apply knows, at any depth, then it is not compared', () => {
    const truth = state({ 't.a': { input: { deep: [{ id: 'x' }] } } });
    const led = plan({ 't.a': { after: { input: { deep: [{}] } }, unknown: { input: { deep: [{ id: true }] } } } });
    expect(departures(truth, led).values).toEqual([]);
  });

  it('given a value that is known in part, then that part is compared, in a set in any order', () => {
    const truth = state(
      {
        't.a': {
          input: {
            id: 'x',
            size: 1,
            rules: [
              { port: 1, id: 'a' },
              { port: 2, id: 'b' },
            ],
          },
        },
      },
      { url: { id: 'x', size: 1 } },
    );
    const led = (size: number, ports: readonly number[], more: object = {}) =>
      plan(
        {
          't.a': {
            after: { input: { size, rules: ports.map((port) => ({ port })), ...more } },
            unknown: { input: { id: true, rules: ports.map(() => ({ id: true })) } },
          },
        },
        { url: { actions: ['update'], after: { size }, after_unknown: { id: true } } },
      );
    expect(departures(truth, led(1, [2, 1])).values).toEqual([]);
    expect(departures(truth, led(2, [1, 2])).values).toEqual(['t.a (input)', 'output url']);
    for (const other of [led(1, [1, 1]), led(1, [1]), led(1, [1, 2], { more: 1 })])
      expect(departures(truth, other).values).toEqual(['t.a (input)']);
  });

  it('given what only the apply knows, and a secret in it that has another value now, then it is named', () => {
    const { before } = beforeOf({ resolve: (text) => text as never }, '"of {{secret:TOKEN}}"', { TOKEN: 'salt:another' });
    const held = JSON.parse(before) as string;
    const truth = state({ 't.a': { input: held, id: 'x' } }, { url: { id: 'x', token: held }, all: held });
    const led = plan(
      { 't.a': { after: {}, unknown: { input: true, id: true } } },
      {
        url: { actions: ['update'], after: { token: 'now' }, after_unknown: { id: true } },
        all: { actions: ['update'], after_unknown: true },
      },
    );
    expect(departures(truth, led).values).toEqual(['t.a (input)', 'output url', 'output all']);
  });

  it('given a plan of some addresses, then the others are left alone', () => {
    expect(
      departures(state({ 't.a': { input: 1 }, 't.b': { input: 2 } }), plan({ 't.a': { after: { input: 1 } } }), {
        outputs: {},
        standing: ['t.b'],
        added: [],
      }),
    ).toEqual({
      addresses: [],
      values: [],
    });
  });

  it('given something that was there, and that a plan of some addresses neither makes nor finds standing, then it is named', () => {
    const led = plan({ 't.a': { after: { input: 1 } } });
    const truth = state({ 't.a': { input: 1 }, 't.b': { input: 2 } });
    expect(departures(truth, led, { outputs: {}, standing: ['t.a'], added: [] }).addresses).toEqual(['t.b would not be there']);
  });

  it('given something that a plan of some addresses leaves standing, and that was not there, then it is named', () => {
    const led = plan({ 't.a': { after: { input: 1 } } });
    expect(departures(state({ 't.a': { input: 1 } }), led, { outputs: {}, standing: ['t.new'], added: ['t.new'] }).addresses).toEqual([
      't.new would be there, and was not',
    ]);
  });

  it('given outputs that a plan of some addresses leaves alone, then these must be those of then', () => {
    const truth = state({}, { url: 'then', same: 1 });
    expect(departures(truth, plan({}), { outputs: { url: 'now', same: 1, more: 2 }, standing: [], added: [] }).values).toEqual([
      'output url',
      'output more',
    ]);
    const led = plan({}, { url: { actions: ['update'], after: 'then' }, more: { actions: ['delete'] } });
    expect(departures(truth, led, { outputs: { url: 'now', same: 1, more: 2 }, standing: [], added: [] }).values).toEqual([]);
  });

  it('given an output that only the apply knows, then its value is not compared, but that it is there', () => {
    const led = plan({}, { url: { actions: ['update'], after_unknown: true } });
    expect(departures(state({}, { url: 'then' }), led).values).toEqual([]);
    expect(departures(state({}), led).values).toEqual(['output url']);
  });

  it('given somebody else who has made it what it was, then all that is known is compared, also what its configuration does not say', () => {
    const truth = state({ 't.a': { input: 1, trigger: 'anew' } });
    const led = plan({ 't.a': { after: { input: 1, trigger: null } } });
    expect(departures(truth, led).values).toEqual([]);
    expect(departures({ ...truth, isOfOthers: true }, led).values).toEqual(['t.a (trigger)']);
  });

  it('given a hand that has changed it, then what only the apply knows is not known to be the same', () => {
    const truth = state({ 't.a': { input: 1 } });
    const led = plan({ 't.a': { after: {}, unknown: { input: true } } });
    expect(departures(truth, led).values).toEqual([]);
    expect(departures({ ...truth, isOfOthers: true }, led).values).toEqual(['t.a (input)']);
  });

  it('given an attribute that is left to others, of what is made anew or was since, then it is compared', () => {
    const truth = { ...state({ 't.a': { input: 1, id: 'x' } }), ignored: { 't.a': ['input'] } };
    const led = (id: string, actions = ['update']) => plan({ 't.a': { after: { input: 2, id }, actions } });
    expect(departures(truth, led('x')).values).toEqual([]);
    expect(departures(truth, led('y')).values).toEqual(['t.a (input)']);
    expect(departures(truth, led('x', ['delete', 'create'])).values).toEqual(['t.a (input)']);
  });

  it('given JSON in a text, then what it means is compared', () => {
    const truth = state({ 't.a': { input: '{"b":[1,2],"a":1}' } });
    expect(departures(truth, plan({ 't.a': { after: { input: '{ "a": 1, "b": [1, 2] }' } } })).values).toEqual([]);
    expect(departures(truth, plan({ 't.a': { after: { input: '{ "a": 1, "b": [2, 1] }' } } })).values).toEqual(['t.a (input)']);
  });

  it('given a provider that keeps another form than was planned, then who plans the same as then leads to the same', () => {
    const first = plan({ 't.a': { after: { input: '1h' }, actions: ['create'] } });
    const unchanged = plan({ 't.a': { after: { input: '1h0m0s' } } });
    const planned = plannedHashes(unchanged, plannedHashes(first, {}));
    const truth = state({ 't.a': { input: '1h0m0s' } });
    const back = plan({ 't.a': { after: { input: '1h' }, actions: ['update'] } });
    expect(departures({ ...truth, planned }, back).values).toEqual([]);
    expect(departures(truth, back).values).toEqual(['t.a (input)']);
    expect(departures({ ...truth, planned }, plan({ 't.a': { after: { input: '2h' } } })).values).toEqual(['t.a (input)']);
  });

  it('given an id that only the apply knew, then whoever names it may have another one afterwards; what was promised may not', () => {
    const truth = state({ 't.a': { input: 'old id', size: 1 } }, { id: 'old id' });
    const says = ['input', 'size'];
    const promised = plan(
      { 't.a': { after: { size: 1 }, unknown: { input: true }, says } },
      { id: { actions: ['update'], after_unknown: true } },
    );
    const after = (size: number) =>
      plan({ 't.a': { after: { input: 'new id', size }, says } }, { id: { actions: ['no-op'], after: 'new id' } });
    expect(departures(truth, asFarAsPromised(after(1), promised)).values).toEqual([]);
    expect(departures(truth, asFarAsPromised(after(2), promised)).values).toEqual(['t.a (size)']);
    const inPart = plan({}, { id: { actions: ['update'], after: { size: 1 }, after_unknown: { id: true } } });
    const ended = (size: number) => asFarAsPromised(plan({}, { id: { actions: ['no-op'], after: { size, id: 'new' } } }), inPart);
    expect(departures(state({}, { id: { size: 1, id: 'old' } }), ended(1)).values).toEqual([]);
    expect(departures(state({}, { id: { size: 1, id: 'old' } }), ended(2)).values).toEqual(['output id']);
  });

  it('given what `ignore_changes` leaves to others, then it is not compared', () => {
    const truth = state({ 't.a[0]': { input: 5 }, 't.b': { input: 1 } });
    const led = plan({ 't.a[0]': { after: { input: 7 } }, 't.b': { after: { input: 2 } } });
    expect(departures({ ...truth, ignored: { 't.a': ['input'], 't.b': ['all'] } }, led).values).toEqual([]);
    expect(departures({ ...truth, ignored: { 't.a': ['other'] } }, led).values).toEqual(['t.a[0] (input)', 't.b (input)']);
  });

  it('given what is destroyed or let go of, then it is not there', () => {
    const truth = state({ 't.a': { input: 1 }, 't.b': { input: 1 } });
    const led = plan({ 't.a': { after: null, actions: ['delete'] }, 't.b': { after: { input: 1 }, actions: ['forget'] } });
    expect(departures(truth, led).addresses).toEqual(['t.a would not be there', 't.b would not be there']);
  });

  it('given modules in a state, then what is in them is known by its whole address; deposed and data are not', () => {
    const deep = { resources: [{ address: 'module.m["x"].t.a', mode: 'managed', values: {} }] };
    const more = [
      { address: 't.old', mode: 'managed', deposed_key: 'k', values: {} },
      { address: 'data.t.d', mode: 'data', values: {} },
    ];
    expect([...state({}, {}, [{ child_modules: [deep], resources: more }]).truth.resources.keys()]).toEqual(['module.m["x"].t.a']);
  });

  it.each([['nonsense'], ['']])('given a state that is %j, then that is said', (text) => {
    expect(() => readTruth(text)).toThrow(expect.objectContaining({ code: 'SHIP_TERRAFORM_UNREADABLE' }));
  });
});

describe('numbers of variables', () => {
  it.each([['1234567890123456789'], ['0.1234567890123456789012'], ['1e400'], ['-9007199254740993'], ['3'], ['1.5']])(
    'given %s, then it keeps its digits, through what is kept',
    (digits) => {
      const kept = keptNumbers(parseVariables(`{"n":{"list":[${digits}]}}`)) as { n: object };
      expect(stringifyVariables(JSON.parse(JSON.stringify(kept)))).toBe(`{"n":{"list":[${digits}]}}`);
    },
  );
});
