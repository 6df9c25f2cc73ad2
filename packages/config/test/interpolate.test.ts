import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpolate } from '../src/variables.js';
import { HEAD, load, mistakes } from './helper.js';

const never = () => {
  throw new Error('no problem was expected');
};

describe('Given variables in a config', () => {
  test('When they are set, then they are replaced, and stay text', async () => {
    const text = `${HEAD}alerts: { a: "\${A}", b: "x-\${A}-\${B:-two}", c: "$\${A}", d: ["\${A}"], e: "\${EMPTY:-e}", "\${A}": 1 }\n`;
    const { config } = await load(text, { env: { A: '1', EMPTY: '' } });
    expect(config.sections.alerts).toEqual({ a: '1', b: 'x-1-two', c: '${A}', d: ['1'], e: 'e', '${A}': 1 });
  });

  test('When some are not set, then all are told with their positions', async () => {
    const hint = (name: string) => `Set ${name}, give it a default as in \${${name}:-value}, or write $\${${name}} for the text itself.`;
    expect(await mistakes(`${HEAD}alerts: { a: "\${ONE} \${TWO}", b: "\${THREE}" }\n`)).toEqual([
      `ship.yaml:3:14 SHIP_CONFIG_UNSET_VARIABLE alerts.a: the environment variable \`ONE\` is not set | ${hint('ONE')}`,
      `ship.yaml:3:14 SHIP_CONFIG_UNSET_VARIABLE alerts.a: the environment variable \`TWO\` is not set | ${hint('TWO')}`,
      `ship.yaml:3:34 SHIP_CONFIG_UNSET_VARIABLE alerts.b: the environment variable \`THREE\` is not set | ${hint('THREE')}`,
    ]);
  });

  test('When one cannot be read, then that is told', async () => {
    expect(await mistakes(`${HEAD}project: "\${a b}"\n`.replace('project: shop\n', ''))).toEqual([
      'ship.yaml:2:10 SHIP_CONFIG_INTERPOLATION project: "${a b}" starts a variable that cannot be read | Write ${NAME} or ${NAME:-default}; a name has letters, digits and `_`. Write $${ for the text itself.',
    ]);
  });

  test('When a name is that of a method, then it is not set', async () => {
    expect((await mistakes(`${HEAD}alerts: "\${constructor}"\n`))[0]).toContain('`constructor` is not set');
  });

  test('When another environment needs a variable, then it need not be set', async () => {
    const text = `${HEAD}environments:\n  staging: { lane: "\${STAGING}" }\n  production: { lane: "\${PRODUCTION}" }\n`;
    const { config } = await load(text, { env: { STAGING: 'docs' }, overrides: { environment: 'staging' } });
    expect(config.lane).toBe('docs');
  });

  test('When a component is named like a script, then its texts are replaced', async () => {
    const { config } = await load(`${HEAD}components: { run: { driver: x, version: "\${V}" } }\n`, { env: { V: 'v1' } });
    expect(config.components.run!.version).toBe('v1');
  });

  test('When a value of the environment is wrong, then it is never told', async () => {
    const found = await mistakes(`${HEAD}lane: "\${LANE}"\nmax_parallel: "\${N}"\n`, { env: { LANE: 'canary-1', N: 'canary-2' } });
    expect(found).toHaveLength(2);
    expect(found.join('\n')).not.toContain('canary');
  });
});

describe('Given any config', () => {
  const texts = fc.oneof(fc.string(), fc.constantFrom('${A}', '$${A}', '${A:-b}', 'echo ${A} $A', '${', '${no name}'));
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      texts,
      fc.integer(),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'with', 'verify', 'run', 'undo'), tie('tree'), { maxKeys: 4 }),
    ),
  }));

  test('When variables are replaced, then run, undo, capture and probe are never touched', () => {
    fc.assert(
      fc.property(fc.constantFrom('run', 'undo', 'capture', 'probe'), tree, fc.string(), (key, value, a) => {
        const found = interpolate({ steps: [{ [key]: value, with: { [key]: [value] } }] }, { A: a }, never);
        expect(found).toEqual({ steps: [{ [key]: value, with: { [key]: [value] } }] });
      }),
    );
  });

  test('When variables are replaced, then a value never becomes a variable itself', () => {
    fc.assert(
      fc.property(fc.string(), (a) => {
        expect(interpolate(['${A}', 'x ${A:-y}'], { A: `z${a}` }, never)).toEqual([`z${a}`, `x z${a}`]);
      }),
    );
  });

  test('When there is no `${`, then nothing changes', () => {
    fc.assert(
      fc.property(tree, (value) => {
        fc.pre(!JSON.stringify(value).includes('${'));
        expect(interpolate(value, {}, never)).toEqual(value);
      }),
    );
  });
});
