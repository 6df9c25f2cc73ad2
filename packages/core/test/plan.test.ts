import { harness } from '@ship/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inOrder } from '../src/graph.js';
import type { ShipError } from '../src/index.js';
import { makePlan } from '../src/kernel-api.js';
import { DEFAULT_STEP_TIMEOUT_MS } from '../src/plan.js';
import { actions, plugin, steps } from './help.js';

const driver = {
  settings: { type: 'object', properties: { port: { type: 'integer' } }, additionalProperties: false },
  describe: async () => undefined,
  deploy: async () => undefined as never,
  restore: async () => ({ changed: false }),
};
const world = [
  actions({
    ok: {
      input: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'], additionalProperties: false },
      run: () => null,
    },
    gone: { run: () => null, irreversible: 'the data is gone' },
  }),
  plugin('s', (ship) => {
    ship.driver('service', driver);
    ship.check('probe', {
      input: { type: 'object', properties: { probe: { type: 'integer' } } },
      run: async () => ({ outcome: 'passed' }),
    });
    ship.condition('moon', { input: { enum: ['full', 'new'] }, holds: () => true });
  }),
];
const plan = async (config: string) => makePlan((await harness({ plugins: world, config })).kernel);
const mistakes = async (config: string): Promise<readonly ShipError[]> =>
  plan(config).then(
    () => [],
    ({ errors }: ShipError) => errors,
  );

describe('inOrder', () => {
  it('given any graph without cycles, when it is ordered, then each comes once, after what it needs, and as written where nothing says otherwise', () => {
    const graph = fc.integer({ min: 0, max: 15 }).chain((count) =>
      fc.tuple(
        fc.shuffledSubarray(
          Array.from({ length: count }, (_, id) => id),
          { minLength: count },
        ),
        fc.tuple(...Array.from({ length: count }, (_, id) => fc.subarray(Array.from({ length: id }, (_, need) => need)))),
      ),
    );
    fc.assert(
      fc.property(graph, ([written, needs]) => {
        const steps = written.map(String);
        const ordered = inOrder(steps, String, (id) => needs[Number(id)]!.map(String));
        expect([...ordered].sort()).toEqual([...steps].sort());
        for (const [index, id] of ordered.entries())
          for (const need of needs[Number(id)]!) expect(ordered.indexOf(String(need))).toBeLessThan(index);
        expect(inOrder(steps, String, () => [])).toEqual(steps);
      }),
    );
  });
});

describe('plan', () => {
  it('given steps without `needs`, when they are planned, then each needs the one above it; an empty list needs nothing', async () => {
    const { steps: planned } = await plan(
      steps('id: a, uses: t/gone', 'id: b, uses: t/gone', 'id: c, uses: t/gone, needs: []', 'id: d, uses: t/gone, needs: [a, c]'),
    );
    expect(planned.map(({ id, needs }) => `${id} <- ${needs}`)).toEqual(['a <- ', 'b <- a', 'c <- ', 'd <- a,c']);
  });

  it('given a step that needs a later one, when it is planned, then the later one comes first', async () => {
    const { steps: planned } = await plan(
      steps('id: a, uses: t/gone, needs: [c]', 'id: b, uses: t/gone, needs: []', 'id: c, uses: t/gone, needs: []'),
    );
    expect(planned.map(({ id }) => id)).toEqual(['c', 'a', 'b']);
  });

  it('given components that depend on each other, when they are planned, then dependencies come first', async () => {
    const { components } = await plan(
      `components: { web: { driver: service, version: v1, depends_on: [api] }, api: { driver: service, version: v1, depends_on: [db] }, db: { driver: service, version: v1 } }`,
    );
    expect(components.map(({ name }) => name)).toEqual(['db', 'api', 'web']);
  });

  it('given a step that says nothing, when it is planned, then it is critical, and has a deadline; the plan is frozen', async () => {
    const planned = await plan(steps('id: a, uses: t/gone'));
    expect(planned.steps[0]).toMatchObject({
      critical: true,
      continue_on_error: false,
      timeout_ms: DEFAULT_STEP_TIMEOUT_MS,
      irreversible: 'the data is gone',
    });
    expect([planned, planned.steps[0]].every(Object.isFrozen)).toBe(true);
  });

  it('given an irreversible step before others, when it is planned, then there is a warning that names them; last there is none', async () => {
    const line = 'id: a, uses: t/ok, with: { path: x }';
    expect((await plan(steps('id: g, uses: t/gone', line))).findings).toMatchObject([
      { level: 'warn', rule: 'irreversible-last', message: expect.stringContaining('runs before a') },
    ]);
    expect((await plan(steps(line, 'id: g, uses: t/gone'))).findings).toEqual([]);
  });

  it('given mistakes everywhere, when it is planned, then all are told at once, each with its place and the nearest name', async () => {
    const found = await mistakes(
      `components: { api: { driver: servise, version: v1 }, web: { driver: service, version: v1, prot: 1 } }\n${steps('id: a, uses: t/ko', 'id: b, uses: t/ok, with: { paht: x }', 'id: c, uses: t/gone, when: { moon: half }', 'id: d, uses: t/gone, when: { moo: full }')}\nverify: { smoke: [{ prob: 1 }, { probe: x }] }`,
    );
    expect(found.map(({ code, message, hint, at }) => `${at?.line}: ${code} ${message} | ${hint}`)).toEqual([
      expect.stringMatching(/^4: SHIP_NAME_UNKNOWN component api: there is no driver "servise" \| Did you mean `service`\?/),
      expect.stringMatching(/^4: SHIP_INPUT_INVALID component web: prot: unknown key "prot" \| Did you mean `port`\?/),
      expect.stringMatching(/^6: SHIP_NAME_UNKNOWN step a: there is no action "t\/ko" \| Did you mean `t\/ok`\?/),
      expect.stringMatching(/^7: SHIP_INPUT_INVALID step b: "path" is missing/),
      expect.stringMatching(/^7: SHIP_INPUT_INVALID step b: paht: unknown key "paht" \| Did you mean `path`\?/),
      expect.stringMatching(/^8: SHIP_INPUT_INVALID step c: "half" is not one of full, new/),
      expect.stringMatching(/^9: SHIP_NAME_UNKNOWN step d: there is no condition "moo" \| Did you mean `moon`\?/),
      expect.stringMatching(/^10: SHIP_NAME_UNKNOWN check prob 1: there is no check "prob" \| Did you mean `probe`\?/),
      expect.stringMatching(/^10: SHIP_INPUT_INVALID check probe x: probe: "x" is not a whole number/),
    ]);
  });

  it('given input below `with` and input in the step itself, when it does not fit, then its own line is told', async () => {
    const shell = plugin('shell', (ship) =>
      ship.action('run', { input: { properties: { cwd: { const: 'x' }, env: { type: 'string' } } }, run: () => null }),
    );
    const config = `steps:
  - id: a
    run: make
    cwd: y
  - id: b
    name: env
    with:
      cwd: y
    run: make
    env:
      A: z`;
    const { kernel } = await harness({ plugins: [shell], config });
    const told = await makePlan(kernel).then(
      () => [],
      ({ errors }: ShipError) => errors.map(({ message, at }) => `${at?.line}:${at?.column} ${message}`),
    );
    expect(told).toEqual([
      '7:10 step a: cwd: "y" is not "x"',
      '11:12 step b: cwd: "y" is not "x"',
      '14:7 step b: env: {"A":"z"} is not text',
    ]);
  });
});
