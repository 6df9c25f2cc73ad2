import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonSchema } from '@ship/core';
import { Ajv, type ValidateFunction } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DEFAULTS } from '../packages/cli/src/plugin-modules.js';
import type { Registry } from '../packages/core/src/plugins/registry.js';
import { registeredByAll } from './support/builtins.js';
import { type Brought, editorSchema } from './support/editor-schema.js';
import { project, ROOT, ship } from './support/ship.js';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const FILE = 'schemas/config.schema.json';

/** What the kernel and each plugin of the command bring. */
async function brought(): Promise<Brought[]> {
  const { registry, plugins } = await registeredByAll();
  const of = (owner: string, table: Registry['checks'] | Registry['drivers'] | Registry['actions']) =>
    Object.fromEntries(
      table
        .names()
        .filter((name) => table.ownerOf(name) === owner)
        .map((name) => [name, schemaOf(table.get(name))]),
    );
  const partsOf = (owner: string) => ({
    actions: of(owner, registry.actions as never),
    drivers: of(owner, registry.drivers as never),
    routers: of(owner, registry.routers as never),
    checks: of(owner, registry.checks as never),
    conditions: of(owner, registry.conditions as never),
  });
  return [
    { isDefault: true, sections: {}, ...partsOf('ship') },
    ...plugins.map(({ name, options, sections = {} }) => ({
      plugin: name,
      isDefault: (DEFAULTS as readonly string[]).includes(name),
      options,
      sections,
      ...partsOf(name),
    })),
  ];
}

const schemaOf = (item: unknown): JsonSchema | undefined => {
  const { input, settings } = Object(item) as { input?: JsonSchema; settings?: JsonSchema };
  return input ?? settings;
};

it('given the schemas of plugins, when that for editors is made of them, then it is the published one', async () => {
  const made = editorSchema(JSON.parse(read('packages/config/schemas/config.base.json')), await brought());
  // `npx vitest run test/editor-schema.test.ts -u` writes it.
  await expect(`${JSON.stringify(made, null, 2)}\n`).toMatchFileSnapshot(join(ROOT, FILE));
});

const HEAD = 'version: 1\nproject: x\n';
const RELEASE = `${HEAD}plugins: [release]\n`;
const web = (fields: string) => `${RELEASE}components: { web: { driver: release, version: "1", path: x, run: y, ${fields} } }`;
const step = (fields: string) => `${HEAD}steps: [{ id: a, ${fields} }]`;
const check = (fields: string) => `${HEAD}verify: { smoke: [{ ${fields} }] }`;

/** Configs, and whether they are right: for an editor and for `ship validate` alike. */
const CONFIGS: readonly (readonly [string, boolean])[] = [
  [step('run: echo'), true],
  [step('run: [echo, x], shell: false'), true],
  [step('uses: shell/run, with: { run: x }'), true],
  [`${HEAD}$schema: https://x`, true],
  [`${HEAD}componets: {}`, false],
  [`${HEAD}alerts: {}`, false],
  [`${HEAD}approval: required`, false],
  ['project: x', false],
  [`${HEAD}lane: fast`, false],
  [`${HEAD}lane: "\${LANE:-heavy}"`, true],
  [`${HEAD}max_parallel: 99`, false],
  [`${HEAD}environments: { a: { steps: [] } }`, false],
  [`${HEAD}environments: { a: { aproval: none } }`, false],
  [`${HEAD}optimization: { rollback: { severity: { step_faild: HIGH } } }`, false],
  [step('rn: echo'), false],
  [step('timeout: 1s'), false],
  [step('run: echo, timeout: 10'), false],
  [step('run: echo, timeout: "10"'), false],
  [step('run: echo, timeout: 0s'), false],
  [step('run: echo, timeout: 1.5m'), true],
  [step('run: echo, timeout: "${TIME:-5s}"'), true],
  [step('run: ""'), false],
  [step('run: []'), false],
  [step('run: x, uses: y/z'), false],
  [step('uses: y/z'), false],
  [step('uses: deploy'), false],
  [step('uses: shell/run, with: { rn: x }, undo: y'), false],
  [step('run: x, shell: bash'), false],
  [step('run: x, shell: false'), false],
  [step('run: x, when: { branch: main, variable: { X: true } }'), true],
  [step('run: x, when: { brnch: main }'), false],
  [step('run: x, when: { dirty: 5 }'), false],
  [step('run: x, retry: { times: 2, on: [timeout] }'), true],
  [step('run: x, retry: { on: [timeout] }'), false],
  [step('run: x, leaves: services'), false],
  [check('http: "http://x", expect: { status: 200 }, retry: { times: 3 }'), true],
  [check('http: "${URL:-http://x}"'), true],
  [check('htp: "http://x"'), false],
  [check('http: "x"'), false],
  [check('http: "http://x", expect: { staus: 200 }'), false],
  [check('http: "http://x", tcp: "x:1"'), false],
  [check('tcp: "x:1", expect: { status: 200 }'), false],
  [check('name: x'), false],
  [check('run: [test, -f, x], required: false'), true],
  [`${HEAD}verify: { smok: [] }`, false],
  [web('port: 8080, health: { http: /x }'), true],
  [web('port: "${PORT:-8080}"'), true],
  [web('prt: 8080'), false],
  [web('port: 99999'), false],
  [web('health: { htp: /x }'), false],
  [web('health: { http: /x, tcp: true }'), false],
  [web('systemd: maybe'), false],
  [web('router: frnt'), false],
  [web('port: 1, router: front'), true],
  [web('depends_on: [{ web: STRONG }]'), false],
  [`${RELEASE}components: { web: { driver: release, version: 1.10, path: x, run: y } }`, false],
  [`${RELEASE}components: { web: { driver: release, version: "1" } }`, false],
  [`${RELEASE}components: { web: { driver: relase, version: "1", path: x, run: y } }`, false],
  [`${RELEASE}components: { web: { version: "1", path: x, run: y } }`, false],
  [`${HEAD}components: { web: { driver: release, version: "1", path: x, run: y } }`, false],
  [
    `${RELEASE}environments: { a: { components: { web: { port: 8081 } } } }\ncomponents: { web: { driver: release, version: "1", path: x, run: y } }`,
    true,
  ],
  [
    `${RELEASE}environments: { a: { components: { web: { prt: 8081 } } } }\ncomponents: { web: { driver: release, version: "1", path: x, run: y } }`,
    false,
  ],
  [`${HEAD}plugins: [{ release: 5 }]`, false],
  [`${HEAD}plugins: [{ terraform: { dr: x } }]`, false],
  [`${HEAD}plugins: [{ git: { require_clean: maybe } }]`, false],
  [`${HEAD}plugins: [{ shell: false }]\nsteps: []`, true],
];

describe('the schema for editors', () => {
  const schema = JSON.parse(read(FILE));
  const validate: ValidateFunction = new Ajv({ strict: false, allErrors: true }).compile(schema);

  it.each(CONFIGS)('given %j, when an editor and `ship validate` look at it, then both say %j', async (config, right) => {
    expect({ editor: validate(parse(config)), errors: validate.errors?.slice(0, 3) }).toMatchObject({ editor: right });
    const { code, stderr } = await ship(['validate'], { cwd: project(config) });
    expect({ code, stderr }).toMatchObject({ code: right ? 0 : 2 });
  });

  it('given a plugin of somebody else, when its words are in a config, then they may be its own', () => {
    const config = `${HEAD}plugins: [./mine.mjs]\nalerts: {}\nsteps: [{ id: a, uses: mine/do }]\nverify: { smoke: [{ banner: x, expect: { y: z } }] }\ncomponents: { web: { driver: mine, version: "1", field: x } }`;
    expect(validate(parse(config)) || validate.errors).toBe(true);
    expect(validate(parse(config.replace('uses: mine/do', 'uses: mine/do, run: x')))).toBe(false);
  });
});
