import { describe, expect, test } from 'vitest';
import { HEAD, load } from './helper.js';

describe('Given the smallest config', () => {
  test('When it is loaded, then everything has its default and is frozen', async () => {
    const { config } = await load(HEAD);
    expect(config).toMatchObject({
      project: 'shop',
      environment: 'default',
      environments: ['default'],
      approval: 'none',
      lane: 'standard',
      max_parallel: 4,
      secrets: [],
      rollback: {
        enabled: true,
        skip_flag: '--no-auto-rollback',
        auto_on_failure: false,
        snapshot_count: 5,
        partial_enabled: true,
        instant_rollback: true,
        preserve_data_migrations: true,
      },
      rollback_timeout_ms: 600_000,
      plugins: [],
      components: {},
      steps: [],
      verify: { smoke: [], acceptance: [], security: [], performance: [] },
      sections: {},
    });
    expect(config.file).toBe(`${config.dir}/ship.yaml`);
    expect(Object.isFrozen(config) && Object.isFrozen(config.rollback) && Object.isFrozen(config.verify.smoke)).toBe(true);
  });
});

describe('Given a step', () => {
  const first = async (step: string) => (await load(`${HEAD}steps:\n  - ${step}\n`)).config.steps[0]!;

  test('When it has only `run`, then it is an input of shell/run', async () => {
    const step = await first('{ id: a, run: "echo ${HOME}", undo: x, cwd: app, env: { A: "1" }, irreversible: why }');
    expect(step.position).toEqual({ file: 'ship.yaml', line: 4, column: 5 });
    expect(step).toEqual({
      id: 'a',
      uses: 'shell/run',
      with: { run: 'echo ${HOME}', undo: 'x', cwd: 'app', env: { A: '1' }, irreversible: 'why' },
      continue_on_error: false,
    });
  });

  test('When it names shell/run and a list of arguments, then they go together', async () => {
    const { uses, with: input } = await first('{ id: a, with: { shell: false }, run: [echo, "a b"] }');
    expect([uses, input]).toEqual(['shell/run', { shell: false, run: ['echo', 'a b'] }]);
  });

  test('When it has everything, then durations are milliseconds', async () => {
    const step = await first(
      '{ id: a, name: A, uses: helm/upgrade, with: { x: 1 }, needs: [], when: { branch: main }, timeout: 1.5s, critical: false, continue_on_error: true, retry: { times: 2, on: [timeout], delay: 45s } }',
    );
    expect(step).toMatchObject({
      name: 'A',
      with: { x: 1 },
      needs: [],
      when: { branch: 'main' },
      timeout_ms: 1500,
      critical: false,
      continue_on_error: true,
      retry: { times: 2, on: ['timeout'], delay_ms: 45_000, max_delay_ms: 45_000 },
    });
  });

  test('When it says how often to retry alone, then the delays have their defaults', async () => {
    expect((await first('{ id: a, run: x, retry: { times: 1 } }')).retry).toEqual({ times: 1, delay_ms: 1000, max_delay_ms: 30_000 });
  });
});

describe('Given components, checks and plugins', () => {
  test('When a component has fields of its driver, then they are its settings', async () => {
    const { components } = (
      await load(
        `${HEAD}components:\n  app: { driver: helm, version: v1, chart: ./c, replicas: 3 }\n  web: { driver: x, version: v1, depends_on: [app] }\n`,
      )
    ).config;
    const ALONE = { dependencies: {}, compatible_with: {} };
    expect(components).toEqual({
      app: { name: 'app', driver: 'helm', version: 'v1', core: true, depends_on: [], ...ALONE, settings: { chart: './c', replicas: 3 } },
      web: {
        name: 'web',
        driver: 'x',
        version: 'v1',
        core: false,
        depends_on: ['app'],
        ...ALONE,
        dependencies: { app: 'HARD' },
        settings: {},
      },
    });
  });

  test('When a check is short, then the rest has its default', async () => {
    const { verify } = (await load(`${HEAD}verify: { smoke: [{ http: "https://a/b", expect: { status: 200 } }] }\n`)).config;
    expect(verify.smoke[0]?.position).toEqual({ file: 'ship.yaml', line: 3, column: 19 });
    expect(verify.smoke).toEqual([
      {
        name: 'http https://a/b',
        kind: 'http',
        with: { http: 'https://a/b', expect: { status: 200 } },
        required: true,
        timeout_ms: 10_000,
        retry: { times: 0, delay_ms: 1000, max_delay_ms: 30_000 },
      },
    ]);
  });

  test('When a check says it all, then the shared keys are not given to its kind', async () => {
    const check = '{ run: npm test, name: Tests, required: false, timeout: 2m, retry: { times: 3 }, component: app }';
    const text = `${HEAD}components: { app: { driver: x, version: v1 } }\nverify: { acceptance: [${check}] }\n`;
    const [found] = (await load(text)).config.verify.acceptance;
    expect(found).toMatchObject({
      name: 'Tests',
      kind: 'run',
      with: { run: 'npm test' },
      required: false,
      timeout_ms: 120_000,
      component: 'app',
    });
  });

  test('When plugins are named in each way, then they are references', async () => {
    const { plugins } = (
      await load(
        `${HEAD}plugins:\n  - snapshots\n  - terraform: { dir: infra }\n  - helm: false\n  - ./own/plugin.mjs\n  - "@acme/ship-plugin"\n`,
      )
    ).config;
    expect(plugins.map(({ reference, options, enabled }) => [reference, options, enabled])).toEqual([
      ['snapshots', {}, true],
      ['terraform', { dir: 'infra' }, true],
      ['helm', {}, false],
      ['./own/plugin.mjs', {}, true],
      ['@acme/ship-plugin', {}, true],
    ]);
    expect(plugins[1]!.position).toEqual({ file: 'ship.yaml', line: 5, column: 5 });
  });
});
