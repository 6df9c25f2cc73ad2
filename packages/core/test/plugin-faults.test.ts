import { harness } from '@ship/testing';
import { describe, expect, it } from 'vitest';
import type { JsonSchema, PluginScope, ShipError } from '../src/index.js';
import { makePlan } from '../src/kernel-api.js';
import { plugin, steps } from './help.js';

const refusal = (promise: Promise<unknown>): Promise<ShipError> =>
  promise.then(
    () => {
      throw new Error('it was accepted');
    },
    (error: ShipError) => error,
  );
const told = ({ code, message, exitCode, at }: ShipError) => `${at?.line}: ${code} (${exitCode}) ${message}`;
const odd = (apply: (ship: PluginScope) => void, more = {}) => plugin('odd', apply, more);

describe('a schema that is none', () => {
  const UNUSABLE: readonly [JsonSchema, string][] = [
    [{ type: 'objekt' }, 'schema is invalid: data/type must be equal to one of the allowed values'],
    [{ $ref: 'elsewhere.json' }, "can't resolve reference elsewhere.json from id #"],
    ['text' as never, 'schema must be object or boolean'],
  ];

  it.each(UNUSABLE.slice(0, 2))(
    'given options with the schema %j, when the kernel opens, then its plugin is named',
    async (options, problem) => {
      const error = await refusal(harness({ plugins: [odd(() => {}, { options })], config: '' }));
      expect(told(error)).toContain(`3: SHIP_PLUGIN_SCHEMA (2) plugin odd: the schema of its options cannot be used: ${problem}`);
    },
  );

  it.each(UNUSABLE)(
    'given an action with the input %j, when it is planned, then its plugin is named, and the other mistakes too',
    async (input, problem) => {
      const { kernel } = await harness({
        plugins: [odd((ship) => ship.action('act', { input, run: () => null }))],
        config: steps('id: a, uses: odd/act', 'id: b, uses: odd/akt'),
      });
      const { errors } = await refusal(makePlan(kernel));
      expect(errors.map(told)).toEqual([
        expect.stringContaining(`5: SHIP_PLUGIN_SCHEMA (2) plugin odd: the schema of action odd/act cannot be used: ${problem}`),
        '6: SHIP_NAME_UNKNOWN (2) step b: there is no action "odd/akt"',
      ]);
    },
  );
});

describe('a config that a plugin answers', () => {
  const STEPS = steps('id: a, uses: odd/act', 'id: b, uses: odd/act');
  const answering = (answer: (config: Record<string, never>) => unknown) =>
    harness({
      plugins: [
        odd((ship) => {
          ship.action('act', { run: () => null });
          ship.hooks.config.tap('x', answer as never);
        }),
      ],
      config: STEPS,
    });

  it.each<[string, (config: Record<string, never>) => unknown, string]>([
    ['null', () => null, 'it is nothing'],
    ['a text', () => 'yes', 'it is text'],
    ['a part', () => ({ steps: [] }), '`file` is nothing, not text'],
    ['steps that are no list', (config) => ({ ...config, steps: {} }), '`steps` is a map, not a list'],
    ['a step that is none', (config) => ({ ...config, steps: [1] }), '`steps[0]` is a number, not a map'],
    ['a step without an id', (config) => ({ ...config, steps: [{ uses: 'odd/act', with: {} }] }), '`steps[0].id` is nothing, not text'],
    ['a component that is none', (config) => ({ ...config, components: { api: null } }), '`components.api` is nothing, not a map'],
    ['a suite that is none', (config) => ({ ...config, verify: { smoke: 1 } }), '`verify.smoke` is a number'],
    ['one step twice', ({ steps: [a], ...config }) => ({ ...config, steps: [a, a] }), 'two steps are a'],
    [
      'a step that needs none',
      ({ steps: [a], ...config }) => ({ ...config, steps: [{ ...(a as object), needs: ['c'] }] }),
      'step a needs c, which there is not',
    ],
    [
      'steps that wait for each other',
      ({ steps: [a, b], ...config }) => ({ ...config, steps: [{ ...(a as object), needs: ['b'] }, b] }),
      'steps wait for each other: a -> b -> a',
    ],
  ])('given %s, when the kernel opens, then the plugin is named', async (_, answer, problem) => {
    const error = await refusal(answering(answer));
    expect(told(error)).toBe(`undefined: SHIP_PLUGIN_CONFIG (2) plugin odd answered a config that cannot be used: ${problem}`);
  });

  it('given a config that is answered at once, later, or by a callback, when the kernel opens, then it is used', async () => {
    const wider = plugin('wider', (ship) => {
      ship.hooks.config.tap('x', (config) => ({ ...config, project: `${config.project}-a` }));
      ship.hooks.config.tapPromise('x', async (config) => ({ ...config, project: `${config.project}-b` }));
      ship.hooks.config.tapAsync('x', (config, done) => done(null, { ...config, project: `${config.project}-c` }));
    });
    expect((await harness({ plugins: [wider], config: '' })).kernel.config.project).toBe('test-a-b-c');
  });

  it('given nothing, or a whole config, when the kernel opens, then it is used, frozen to its depth', async () => {
    expect((await answering(() => undefined)).kernel.config.steps).toHaveLength(2);
    const { kernel } = await answering((config) => ({ ...config, steps: [{ id: 'c', uses: 'odd/act', with: {} }] }));
    expect(kernel.config.steps).toEqual([{ id: 'c', uses: 'odd/act', with: {} }]);
    expect(Object.isFrozen(kernel.config.steps[0])).toBe(true);
  });
});

describe('a plugin whose parts are of the wrong kind', () => {
  it.each([
    [{ requires: 'shell' }, 'its `requires` is not a list of names'],
    [{ options: true }, 'its `options` is not a JSON Schema'],
    [{ sections: { alerts: 'text' } }, 'its `sections` are not JSON Schemas by name'],
  ])('given %j, when the kernel opens, then it is refused', async (more, problem) => {
    const error = await refusal(harness({ plugins: [odd(() => {}, more)], config: '' }));
    expect(told(error)).toBe(`3: SHIP_PLUGIN_CONTRACT (2) odd is not a plugin of ship: ${problem}`);
  });
});
