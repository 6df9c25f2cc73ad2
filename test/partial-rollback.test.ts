import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ship, shipJson, temporaryFolder } from './support/ship.js';

/** A driver whose world is a file: what is live, by component. Versions with `broken` in them never come up. */
const FLEET = `import { existsSync, readFileSync, writeFileSync } from 'node:fs';
const file = (ctx) => ctx.dir + '/live.json';
const read = (ctx) => (existsSync(file(ctx)) ? JSON.parse(readFileSync(file(ctx), 'utf8')) : {});
const write = (ctx, name, version) => writeFileSync(file(ctx), JSON.stringify({ ...read(ctx), [name]: version }));
const state = (name, version) => ({ version, config_hash: name + version, healthy: true, driver: null });
export default {
  name: 'fleet', ship: '^1',
  apply(ship) {
    ship.driver('fleet', {
      settings: { type: 'object', additionalProperties: false, properties: {} },
      describe: async (ctx, { name }) => (read(ctx)[name] ? state(name, read(ctx)[name]) : undefined),
      deploy: async (ctx, { name, version }) => { write(ctx, name, version); return state(name, version); },
      restore: async (ctx, { name }, before) => { const changed = read(ctx)[name] !== before?.version; write(ctx, name, before?.version); return { changed }; },
    });
    ship.check('live', { input: { type: 'object' }, run: async (ctx, { live: [name, bad] }) => read(ctx)[name] === bad ? { outcome: 'failed', detail: name + ' ' + bad + ' is bad' } : { outcome: 'passed' } });
  },
};
`;
const CONFIG = `version: 1
project: shop
plugins: [./fleet.mjs]
components:
  gateway: { driver: fleet, version: "\${GATEWAY:-1.0.0}" }
  api: { driver: fleet, version: "\${API:-1.0.0}", depends_on: [gateway] }
  worker: { driver: fleet, version: "\${WORKER:-1.0.0}", depends_on: [api], compatible_with: { api: "\${WANTS:-^1.0.0}" } }
steps:
  - { id: gateway, uses: deploy, component: gateway }
  - { id: api, uses: deploy, component: api }
  - { id: worker, uses: deploy, component: worker }
verify:
  smoke: [{ live: [gateway, none] }]
  acceptance: [{ live: [api, 1.5.0], component: api }]
`;

function project(): { cwd: string; live(): Record<string, string> } {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'fleet.mjs'), FLEET);
  writeFileSync(join(cwd, 'ship.yaml'), CONFIG);
  return { cwd, live: () => JSON.parse(readFileSync(join(cwd, 'live.json'), 'utf8')) };
}

/** Two verified versions of everything. */
async function deployed(env: Record<string, string> = { GATEWAY: '1.1.0', API: '1.1.0', WORKER: '1.1.0' }) {
  const made = project();
  for (const each of [{}, env]) expect((await ship([], { cwd: made.cwd, env: each })).code).toBe(0);
  return { ...made, env };
}

describe('ship --rollback-component', () => {
  it('given two versions, when one component goes back, then it alone is the one before, and the output says what was looked at', async () => {
    const { cwd, env, live } = await deployed();
    const { code, stdout } = await ship(['--rollback-component', 'api'], { cwd, env });
    expect(live()).toEqual({ gateway: '1.1.0', api: '1.0.0', worker: '1.1.0' });
    expect(code).toBe(0);
    for (const text of [
      'rolling api back, and nothing else',
      'worker 1.1.0 works with api 1.0.0',
      'api: 1.1.0 -> 1.0.0',
      'api is back at 1.0.0',
    ])
      expect(stdout).toContain(text);
    const again = await shipJson(['rollback', '--component', 'api', '--to', 'snapshot-'.concat(new Date().toISOString().slice(0, 4))], {
      cwd,
      env,
    });
    expect(again.report.errors).toMatchObject([{ code: 'SHIP_SNAPSHOT_AMBIGUOUS' }]);
    expect((await shipJson(['status'], { cwd, env })).report.result).toMatchObject({
      deployed: { components: { api: '1.0.0', worker: '1.1.0' } },
    });
  });

  it.each<[string, string, Record<string, string>, string]>([
    ['a core component', 'gateway', {}, 'gateway is a core component'],
    ['a breaking change', 'api', { API: '2.0.0', WANTS: '*' }, 'another major version'],
    ['a dependent that does not work with it', 'api', { WANTS: '^1.1.0' }, 'worker 1.1.0 does not work with api 1.0.0'],
  ])(
    'given %s, when it should go back alone, then it is refused with 6, also by force, and nothing is touched',
    async (_, name, more, told) => {
      const { cwd, env, live } = await deployed({ GATEWAY: '1.1.0', API: '1.1.0', WORKER: '1.1.0', ...more });
      const before = live();
      const { code, report } = await shipJson(['--rollback-component', name, '--force-rollback'], { cwd, env });
      expect([code, live()]).toEqual([6, before]);
      expect(report).toMatchObject({
        status: 'refused',
        rollback: null,
        errors: [{ code: 'SHIP_ROLLBACK_REFUSED', message: expect.stringContaining(told) }],
      });
    },
  );

  it('given a component whose own checks do not hold at the version before, when it goes back alone, then 4, and the full rollback is suggested', async () => {
    // 1.5.0 is the version that its acceptance check refuses: here it is what was deployed before, without that check.
    const { cwd } = project();
    const config = join(cwd, 'ship.yaml');
    writeFileSync(config, CONFIG.replace(/ {2}acceptance:.*\n/, ''));
    for (const API of ['1.5.0', '1.6.0']) expect((await ship([], { cwd, env: { API } })).code).toBe(0);
    writeFileSync(config, CONFIG.replace('smoke: [', 'smoke: [{ live: [api, 1.5.0] }, '));
    const { code, stdout, stderr } = await ship(['--rollback-component', 'api'], { cwd, env: { API: '1.6.0' } });
    expect(code).toBe(4);
    expect(stdout + stderr).toMatch(/going back alone was not enough: consider the full rollback, `ship --rollback-to snapshot-/);
  });

  it('given a run whose suite fails for one component, when rollbacks are automatic, then that one goes back alone', async () => {
    const { cwd, live } = await deployed();
    const env = { GATEWAY: '1.5.0', API: '1.5.0', WORKER: '1.5.0' };
    const { report } = await shipJson(['--auto-rollback'], { cwd, env });
    expect(report).toMatchObject({
      exit_code: 1,
      decision: { scope: 'partial' },
      rollback: { way: 'partial', tried: [{ outcome: 'done' }] },
    });
    expect(live()).toEqual({ gateway: '1.5.0', api: '1.1.0', worker: '1.5.0' });
    // What answers is what is shown, and only what went back is held.
    const shown = await shipJson(['status'], { cwd, env });
    expect(shown.report).toMatchObject({ warnings: [], result: { deployed: { run: report.run, components: live(), snapshot: null } } });
    expect((await shipJson(['hold'], { cwd, env })).report.result).toMatchObject([
      { component: 'api', version: '1.5.0', back_to: '1.1.0' },
    ]);
    expect((await ship(['history'], { cwd, env })).stdout).toContain('api 1.5.0 -> 1.1.0 (live)');
    const replayed = await shipJson(['decide', '--replay', report.run!], { cwd, env });
    expect(replayed.report).toMatchObject({
      action: 'rollback',
      scope: 'partial',
      decision: { scope: 'partial' },
      result: { recorded: { scope: 'partial' } },
    });
    const wary = await shipJson(['decide', '--replay', report.run!, '--no-auto-rollback'], { cwd, env });
    expect(wary.report).toMatchObject({ action: 'prompt', recommended: 'partial_rollback', result: { recorded: { action: 'rollback' } } });
  });

  it.each([
    [['--rollback-component', 'wurker'], 2, 'SHIP_COMPONENT_UNKNOWN', 'Did you mean `worker`?'],
    [['--rollback-component', '../../etc'], 2, 'SHIP_COMPONENT_UNKNOWN', 'Its components are'],
    [['--rollback-component', 'api', '--no-rollback'], 2, 'SHIP_USAGE', ''],
    [['--rollback-component', 'api', '--list-snapshots'], 2, 'SHIP_USAGE', ''],
    [['status', '--component', 'api'], 2, 'SHIP_USAGE', 'ship rollback --component NAME'],
    [['rollback', '--component', 'api', '--instant'], 2, 'SHIP_USAGE', ''],
    [['rollback', '--component', 'api', '--to', '../../etc'], 2, 'SHIP_SNAPSHOT_NOT_FOUND', ''],
  ] as const)('given %j, when it is run, then the exit status is %i with %s', async (args, exit, code, hint) => {
    const { cwd } = project();
    const answer = await shipJson([...args], { cwd });
    expect(answer.code).toBe(exit);
    expect(answer.report.errors).toMatchObject([{ code, hint: expect.stringContaining(hint) }]);
  });

  it('given a range that is none, when the config is validated, then the place is told, and 2', async () => {
    const { cwd } = project();
    const { code, stderr } = await ship(['validate'], { cwd, env: { WANTS: 'two or so' } });
    expect(code).toBe(2);
    expect(stderr).toContain('ship.yaml:7:');
    expect(stderr).toContain('"two or so" is no range of versions');
  });
});
