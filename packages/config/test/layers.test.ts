import { describe, expect, test } from 'vitest';
import { failure, HEAD, load, told } from './helper.js';

const TEXT = `${HEAD}environments:
  staging:
  production:
    approval: required
    lane: heavy
    max_parallel: 2
    optimization: { rollback: { auto_on_failure: true } }
    components: { api: { version: "v2", replicas: 5 } }
    verify: { smoke: [{ http: b }] }
    alerts: { slack: { channel: "#prod" } }
default_environment: staging
optimization: { rollback: { snapshot_count: 9 } }
components: { api: { driver: helm, version: "v1", chart: ./c } }
verify: { smoke: [{ http: a }, { http: c }], security: [{ run: s }] }
alerts: { slack: { token_env: SLACK, channel: "#dev" } }
`;
const inProduction = (env: Record<string, string> = {}, overrides = {}) =>
  load(TEXT, { env, overrides: { environment: 'production', ...overrides } });

describe('Given layers', () => {
  test('When an environment is chosen, then its block wins over the file', async () => {
    const { config, positionOf } = await inProduction();
    expect(config).toMatchObject({ environment: 'production', approval: 'required', lane: 'heavy', max_parallel: 2 });
    expect(config.rollback).toMatchObject({ auto_on_failure: true, snapshot_count: 9 });
    expect(config.components.api).toMatchObject({ driver: 'helm', version: 'v2', settings: { chart: './c', replicas: 5 } });
    expect(config.verify.smoke.map(({ name }) => name)).toEqual(['http b']);
    expect(config.verify.security).toHaveLength(1);
    expect(config.sections).toEqual({ alerts: { slack: { token_env: 'SLACK', channel: '#prod' } } });
    expect(positionOf(['components', 'api', 'version'])).toEqual({ file: 'ship.yaml', line: 10, column: 35 });
    expect(positionOf(['components', 'api', 'driver'])).toEqual({ file: 'ship.yaml', line: 15, column: 30 });
    expect(positionOf(['alerts', 'slack', 'channel'], 'key').line).toBe(12);
  });

  test('When none is chosen, then it is the default environment', async () => {
    const { config } = await load(TEXT);
    expect(config).toMatchObject({ environment: 'staging', environments: ['staging', 'production'], approval: 'none', lane: 'standard' });
  });

  test('When SHIP_ENV is set, then it chooses, and a flag wins over it', async () => {
    expect((await load(TEXT, { env: { SHIP_ENV: 'production' } })).config.environment).toBe('production');
    expect((await load(TEXT, { env: { SHIP_ENV: 'production' }, overrides: { environment: 'staging' } })).config.environment).toBe(
      'staging',
    );
  });

  test('When variables are set, then they win over the environment', async () => {
    const { config } = await inProduction({ SHIP_AUTO_ROLLBACK: '0', SHIP_MAX_PARALLEL: '7', SHIP_SNAPSHOT_COUNT: '3', SHIP_LANE: 'docs' });
    expect(config).toMatchObject({ max_parallel: 7, lane: 'docs', rollback: { auto_on_failure: false, snapshot_count: 3 } });
  });

  test('When flags are given, then they win over variables', async () => {
    const env = { SHIP_MAX_PARALLEL: '7', SHIP_LANE: 'docs', SHIP_NO_AUTO_ROLLBACK: 'true', SHIP_NO_ROLLBACK: '1' };
    const { config } = await inProduction(env, { max_parallel: 3, lane: 'standard', auto_on_failure: true, rollback_timeout: '90s' });
    expect(config).toMatchObject({
      max_parallel: 3,
      lane: 'standard',
      rollback_timeout_ms: 90_000,
      rollback: { auto_on_failure: true, enabled: false },
    });
  });

  test('When a word for and one against rolling back are set, then the one against wins', async () => {
    expect((await inProduction({ SHIP_AUTO_ROLLBACK: 'true', SHIP_NO_AUTO_ROLLBACK: 'true' })).config.rollback.auto_on_failure).toBe(false);
    expect((await inProduction({ SHIP_NO_ROLLBACK: 'false', SHIP_NO_AUTO_ROLLBACK: '' })).config.rollback).toMatchObject({
      enabled: true,
      auto_on_failure: true,
    });
  });
});

describe('Given a choice that is none', () => {
  test('When approval stands at the top and in the environment, then the one at the top is the mistake', async () => {
    const error = await failure(load(`${TEXT}approval: required\n`, { overrides: { environment: 'production' } }));
    expect(error.errors.map(({ at, message }) => `${at?.line}:${at?.column} ${message}`)).toEqual(['18:1 approval is not a known key']);
  });

  test.each([
    ['SHIP_AUTO_ROLLBACK', 'canary', 'true, false, 1 or 0'],
    ['SHIP_NO_ROLLBACK', 'YES', 'true, false, 1 or 0'],
    ['SHIP_MAX_PARALLEL', '65', 'a whole number from 1 to 64'],
    ['SHIP_SNAPSHOT_COUNT', '0', 'a whole number from 1 to 1000'],
    ['SHIP_LANE', 'canary', 'docs, standard or heavy'],
  ])('When %s is %s, then the variable is named and its value is not', async (name, value, expected) => {
    const [only] = (await failure(inProduction({ [name]: value }))).errors.map(told);
    expect(only).toBe(
      `SHIP_VARIABLE_INVALID The environment variable ${name} is not ${expected} | Set ${name} to ${expected}, or unset it.`,
    );
  });

  test.each([
    [{ lane: 'fast' }, '--lane fast: this is not one of docs, standard, heavy | Give one of docs, standard, heavy.'],
    [{ max_parallel: Number.NaN }, '--max-parallel NaN: this is not a whole number from 1 to 64 | Give a whole number from 1 to 64.'],
    [
      { rollback_timeout: '10' },
      '--rollback-timeout 10: this is not a duration above zero, such as 10m | Give a duration above zero, such as 10m.',
    ],
  ])('When a flag is wrong, then that is told', async (overrides, expected) => {
    expect((await failure(inProduction({}, overrides))).errors.map(told)).toEqual([`SHIP_FLAG_INVALID ${expected}`]);
  });

  test('When the environment is unknown, then the nearest one is suggested', async () => {
    const error = await failure(load(TEXT, { overrides: { environment: 'prodction' } }));
    expect(told(error)).toBe(
      'SHIP_ENVIRONMENT_UNKNOWN There is no environment "prodction" | Did you mean `production`? Known: `staging`, `production`.',
    );
    expect(error.exitCode).toBe(2);
  });

  test('When SHIP_ENV names none, then its value is not told', async () => {
    const error = await failure(load(TEXT, { env: { SHIP_ENV: 'canary' } }));
    expect(told(error)).toBe('SHIP_ENVIRONMENT_UNKNOWN There is no environment of the name in SHIP_ENV | Known: `staging`, `production`.');
  });

  test('When there are several and none is chosen, then all are listed', async () => {
    const error = await failure(load(TEXT.replace('default_environment: staging\n', '')));
    expect(told(error)).toBe(
      'ship.yaml:3:1 SHIP_ENVIRONMENT_UNCLEAR The config has several environments and none was chosen: `staging`, `production` | Choose one with `--env NAME` or SHIP_ENV, or set `default_environment:`.',
    );
  });

  test('When a mistake stands in the block of the environment, then its position is there', async () => {
    const error = await failure(load(TEXT.replace('replicas: 5', 'depends_on: [apii]'), { overrides: { environment: 'production' } }));
    expect(error.errors.map(told)[0]).toContain(
      'ship.yaml:10:54 SHIP_CONFIG_UNKNOWN_REFERENCE environments.production.components.api.depends_on[0]: ',
    );
  });
});
