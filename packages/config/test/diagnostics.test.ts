import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MemoryStore, type Plugin, type ShipError } from '@ship/core';
import { temporaryFolder } from '@ship/testing';
import { describe, expect, it } from 'vitest';
import { plugin } from '../../core/test/help.js';
import { openKernel } from '../src/index.js';

const driver = {
  settings: { type: 'object', properties: { port: { type: 'integer' } }, additionalProperties: false, required: ['port'] },
  describe: async () => undefined,
  deploy: async () => undefined as never,
  restore: async () => ({ changed: false }),
};
const PLUGINS: readonly Plugin<never>[] = [
  plugin(
    'shell',
    (ship) =>
      ship.action('run', {
        input: {
          type: 'object',
          properties: { run: { type: 'string' }, cwd: { type: 'string' } },
          required: ['run'],
          additionalProperties: false,
        },
        run: () => null,
      }),
    { options: { type: 'object', properties: { trace: { type: 'boolean' } }, additionalProperties: false } },
  ),
  plugin('tools', (ship) => {
    ship.action('act', {
      input: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'], additionalProperties: false },
      run: () => null,
    });
    ship.driver('service', driver);
    ship.check('probe', {
      input: { type: 'object', properties: { probe: { type: 'integer' } } },
      run: async () => ({ outcome: 'passed' }),
    });
  }),
  plugin('alerts', () => {}, {
    options: { type: 'object', properties: { level: { type: 'integer' } }, additionalProperties: false },
    sections: { alerts: { type: 'object', properties: { channel: { type: 'string' } }, additionalProperties: false } },
  }),
  plugin('maker', (ship) => ship.hooks.config.tap('x', (config) => config)),
] as Plugin<never>[];

/** What a config is refused with: the mistakes, in order, as people read them. */
async function told(config: string): Promise<readonly string[]> {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'ship.yaml'), config);
  const builtins = Object.fromEntries(PLUGINS.map((each) => [each.name, async () => ({ default: each })]));
  const error: ShipError = await openKernel({
    runAction: 'shell/run',
    cwd,
    env: {},
    store: new MemoryStore(),
    builtins,
    defaults: ['shell'],
  }).then(
    () => {
      throw new Error('it was accepted');
    },
    (refused) => refused,
  );
  const all = error.errors.length > 0 ? error.errors : [error];
  return all.map(({ code, message, at }) => `${at?.line}:${at?.column} ${code} ${message}`);
}

describe('the mistakes of a config', () => {
  it('given mistakes of schema, plugins, plan and relations in one config, when it is opened, then all are told at once, in order', async () => {
    const found = await told(`version: 1
project: shop
plugins:
  - tools
  - alerts: { level: high }
components:
  api: { driver: servise, version: v1, port: 1 }
  web: { driver: service, version: v1, prot: 1 }
steps:
  - { id: a, run: make, timeot: 5m }
  - { id: b, uses: tools/akt, with: { path: x } }
  - { id: c, run: make, needs: [d] }
  - { id: e, run: make, timeout: 10 }
  - { id: f, uses: tools/act, with: { path: 1 }, timeout: soon }
verify:
  smoke:
    - { probe: x, timeout: 5 }
stepz: []
`);
    expect(found).toEqual([
      '5:5 SHIP_PLUGIN_OPTIONS options of plugin alerts: "high" is not a whole number',
      '7:18 SHIP_NAME_UNKNOWN component api: there is no driver "servise"',
      '8:8 SHIP_INPUT_INVALID component web: "port" is missing',
      '8:46 SHIP_INPUT_INVALID component web: prot: unknown key "prot"',
      '10:25 SHIP_CONFIG_UNKNOWN_KEY steps[0].timeot is not a known key',
      '11:20 SHIP_NAME_UNKNOWN step b: there is no action "tools/akt"',
      '12:33 SHIP_CONFIG_UNKNOWN_REFERENCE steps[2].needs[0]: there is no step "d"',
      '13:34 SHIP_CONFIG_DURATION steps[3].timeout: 10 is a number without a unit',
      '14:45 SHIP_INPUT_INVALID step f: path: 1 is not text',
      '14:59 SHIP_CONFIG_DURATION steps[4].timeout: "soon" is not a duration',
      '17:16 SHIP_INPUT_INVALID check probe x: probe: "x" is not a whole number',
      '17:28 SHIP_CONFIG_DURATION verify.smoke[0].timeout: 5 is a number without a unit',
      '18:1 SHIP_CONFIG_UNKNOWN_KEY stepz is not a known key',
    ]);
  });

  it.each<[string, string, string[]]>([
    [
      'a step with a typing error in `run`',
      'steps: [{ id: a, rn: make }]',
      ['3:18 SHIP_CONFIG_UNKNOWN_KEY steps[0].rn is not a known key'],
    ],
    [
      'a step with a typing error in `with`',
      'plugins: [tools]\nsteps: [{ id: a, uses: tools/act, wiht: { path: x } }]',
      ['4:35 SHIP_CONFIG_UNKNOWN_KEY steps[0].wiht is not a known key'],
    ],
    ['a step that is empty', 'steps: [{ id: a, run: "" }]', ['3:18 SHIP_CONFIG_STEP steps[0].run: `run` is empty']],
    ['a step that is none', 'steps: [make]', ['3:9 SHIP_CONFIG_TYPE steps[0]: "make" is text, expected a map']],
    [
      'an input with a variable that is not set',
      'plugins: [tools]\ncomponents: { api: { driver: service, version: v1, port: "${PORT}" } }',
      ['4:58 SHIP_CONFIG_UNSET_VARIABLE components.api.port: the environment variable `PORT` is not set'],
    ],
    [
      'a component without a driver',
      'plugins: [tools]\ncomponents: { api: { version: v1, port: 1 } }',
      ['4:15 SHIP_CONFIG_MISSING_KEY components.api: the key `driver` is missing'],
    ],
    ['a check of no kind', 'verify: { smoke: [{ name: x }] }', ['3:19 SHIP_CONFIG_CHECK verify.smoke[0]: the check has no kind']],
    [
      'a plugin that is missing, and what it would bring',
      'plugins: [./nope.mjs]\nsteps: [{ id: a, uses: nope/act }, { id: b, uses: shell/runn }]\ncomponents: { api: { driver: nope, version: v1 } }\nverify: { smoke: [{ nope: 1 }] }\nnope: 1\nstepz: 1',
      [
        '3:11 SHIP_PLUGIN_NOT_FOUND plugin "./nope.mjs" was not found (tried CWD/nope.mjs)',
        '4:51 SHIP_NAME_UNKNOWN step b: there is no action "shell/runn"',
        '8:1 SHIP_CONFIG_UNKNOWN_KEY stepz is not a known key',
      ],
    ],
    [
      'a plugin with a wrong option, and what it would bring',
      'plugins: [{ tools: { x: 1 } }]\nsteps: [{ id: a, uses: tools/act }, { id: b, uses: other/act }]',
      [
        '3:11 SHIP_PLUGIN_OPTIONS options of plugin tools: unknown key "x"',
        '4:52 SHIP_NAME_UNKNOWN step b: there is no action "other/act"',
      ],
    ],
    [
      'an option with a variable that is not set',
      'plugins: [{ alerts: { level: "${LEVEL}" } }]\nalerts: { channel: "#prod" }',
      ['3:30 SHIP_CONFIG_UNSET_VARIABLE plugins[0].alerts.level: the environment variable `LEVEL` is not set'],
    ],
    [
      'a section with mistakes',
      'plugins: [alerts]\nalerts: { chanel: "#prod", channel: 5 }',
      [
        '4:19 SHIP_INPUT_INVALID section alerts: chanel: unknown key "chanel"',
        '4:37 SHIP_INPUT_INVALID section alerts: channel: 5 is not text',
      ],
    ],
    [
      'a plugin that changes the config',
      'plugins: [maker]\nsteps: [{ id: a, uses: macro/x, timeout: 5 }]',
      ['4:42 SHIP_CONFIG_DURATION steps[0].timeout: 5 is a number without a unit'],
    ],
    [
      'one plugin mistake alone',
      'plugins: [{ shell: { trace: 1 } }]',
      ['3:11 SHIP_PLUGIN_OPTIONS options of plugin shell: 1 is not true or false'],
    ],
  ])('given %s, when it is opened, then nothing is told that only follows from it', async (_, config, expected) => {
    const found = await told(`version: 1\nproject: shop\n${config}\n`);
    expect(found.map((line) => line.replace(/\(tried .*\/nope/, '(tried CWD/nope'))).toEqual(expected);
  });
});
