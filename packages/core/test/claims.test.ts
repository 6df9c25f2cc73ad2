import { describe, expect, it } from 'vitest';
import type { ComponentState, Driver, Json, Snapshot } from '../src/index.js';
import { actions, plugin, rollingBack, steps } from './help.js';

const state = (version: string): ComponentState => ({ version, config_hash: version, healthy: true, driver: null });
const CONFIG = `components: { api: { driver: service, version: new } }\n${steps('id: api, uses: deploy, component: api', 'id: fail, uses: t/fail')}`;
const failing = actions({
  fail: () => {
    throw new Error('fails on purpose');
  },
});

/** An environment in which `live` runs, and `verified` is in the last snapshot. */
function world(live: string, verified: string, admit?: Driver<Json>['admit']) {
  const now = { live: live as string | undefined };
  const driver: Driver<Json> = {
    settings: { type: 'object' },
    describe: async () => (now.live ? state(now.live) : undefined),
    deploy: async (_ctx, { version }) => {
      now.live = version;
      return state(version);
    },
    restore: async (_ctx, _component, before) => {
      now.live = before?.version;
      return { changed: true };
    },
    ...(admit ? { admit } : {}),
  };
  const snapshot = { id: 'snapshot-good', components: { api: state(verified) }, config: {}, rollback_safe: true } as unknown as Snapshot;
  const shelf = plugin('shelf', (ship) => ship.snapshots({ latest: async () => snapshot, find: async () => snapshot }));
  return { now, plugins: [failing, shelf, plugin('s', (ship) => ship.driver('service', driver))] };
}

describe('what a rollback claims', () => {
  it('given that the verified version was live, when a run is taken back, then it names the snapshot', async () => {
    const { now, plugins } = world('good', 'good');
    const report = await (await rollingBack({ config: CONFIG, plugins })).run();
    expect(now.live).toBe('good');
    expect(report).toMatchObject({ status: 'rolled_back', rollback: { target_snapshot: 'snapshot-good' } });
  });

  it('given that something else was live, when a run is taken back to it, then it does not name the snapshot', async () => {
    const { now, plugins } = world('doubtful', 'good');
    const report = await (await rollingBack({ config: CONFIG, plugins })).run();
    expect(now.live).toBe('doubtful');
    expect(report.rollback?.target_snapshot).toBeNull();
  });

  it('given a run that failed and was left, when the next one is taken back, then it does not name the snapshot; after a success it does', async () => {
    const { plugins } = world('good', 'good');
    const left = await rollingBack({ config: steps('id: a, uses: t/fail'), plugins, flags: { auto_rollback: false } });
    const { store } = left;
    expect((await left.run()).status).toBe('failed');
    const again = async (config: string) => (await rollingBack({ config, plugins, store })).run();
    expect((await again(steps('id: a, uses: t/fail'))).rollback?.target_snapshot).toBeNull();
    expect(
      (await again('steps: [{ id: a, uses: deploy, component: api }]\ncomponents: { api: { driver: service, version: good } }')).status,
    ).toBe('succeeded');
    const components = 'components: { api: { driver: service, version: good } }';
    expect((await again(`${components}\n${steps('id: a, uses: t/fail')}`)).rollback?.target_snapshot).toBe('snapshot-good');
    // Without its component in the config nobody can tell whether that is as the snapshot has it.
    expect((await again(steps('id: a, uses: t/fail'))).rollback?.target_snapshot).toBeNull();
  });

  it('given a driver that cannot tell whether it can restore, when a run fails, then the rollback goes on with a warning', async () => {
    const { now, plugins } = world('good', 'good', () => Promise.reject(new Error('the registry is down')));
    const report = await (await rollingBack({ config: CONFIG, plugins })).run();
    expect(now.live).toBe('good');
    expect(report).toMatchObject({ status: 'rolled_back', rollback: { findings: [{ level: 'warn', rule: 'admission-failed' }] } });
    expect(report.rollback?.findings[0]?.message).toContain('the registry is down');
  });

  it('given a run that fails, when admission asks the driver, then about what was live before, not about the snapshot', async () => {
    const asked: string[] = [];
    const { plugins } = world('doubtful', 'good', async (_ctx, _component, { version }) => {
      asked.push(version);
      return [];
    });
    await (await rollingBack({ config: CONFIG, plugins })).run();
    expect(asked).toEqual(['doubtful']);
  });

  it('given a slow undo, when the time is short, then the others still have theirs, and what had none is told', async () => {
    const undone: string[] = [];
    const slow = actions({
      ok: { run: () => null, restore: (ctx) => void undone.push(ctx.step.id) },
      slow: {
        run: () => null,
        restore: (ctx) => new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason))),
      },
      fail: () => {
        throw new Error('fails on purpose');
      },
    });
    const config = `rollback_timeout: 400ms\n${steps('id: a, uses: t/ok', 'id: b, uses: t/slow', 'id: c, uses: t/fail')}`;
    const report = await (await rollingBack({ config, plugins: [slow] })).run();
    expect(undone).toEqual(['a']);
    expect(report).toMatchObject({
      status: 'rollback_incomplete',
      rollback: { remaining: [{ what: 'b', error: { code: 'SHIP_UNDO_TIMEOUT' } }] },
    });
  });

  it('given things that steps made, when some steps are undone, then it is told which went and which stay', async () => {
    const made = (id: string) => ({ type: 'file', id, provenance: 'created' as const });
    const maker = actions({
      made: { run: (ctx) => ctx.created(made(ctx.step.id)), restore: () => {} },
      kept: { run: (ctx) => ctx.created(made(ctx.step.id)) },
      fail: () => {
        throw new Error('fails on purpose');
      },
    });
    const report = await (
      await rollingBack({ config: steps('id: a, uses: t/made', 'id: b, uses: t/kept', 'id: c, uses: t/fail'), plugins: [maker] })
    ).run();
    expect(report.resources).toMatchObject({
      created: [{ id: 'a' }, { id: 'b' }],
      removed: [{ id: 'a' }],
      kept: [{ id: 'b' }],
      orphans: [],
    });
  });

  it('given a condition that never answers, when its step has a timeout, then the step fails in time', async () => {
    const stuck = plugin('stuck', (ship) =>
      ship.condition('never', {
        input: {},
        holds: ({ signal }) => new Promise((_, no) => signal.addEventListener('abort', () => no(signal.reason))),
      }),
    );
    const report = await (
      await rollingBack({ config: steps('id: a, uses: t/fail, when: { never: 1 }, timeout: 50ms'), plugins: [failing, stuck] })
    ).run();
    expect(report.steps[0]).toMatchObject({ status: 'failed', error: { code: 'SHIP_STEP_TIMEOUT' } });
  });
});

describe('what a plugin claims', () => {
  it('given a strategy that says it has rolled back, when the smoke suite of the target fails, then the rollback is incomplete', async () => {
    const { plugins } = world('good', 'good');
    const strategy = plugin('strategy', (ship) => {
      const rollback = () => ({ components: [], remaining: [], target_snapshot: 'snapshot-good' });
      ship.strategy('own', { way: 'full', applies: () => true, rollback });
      ship.check('never', { input: {}, run: async () => ({ outcome: 'failed', detail: 'no answer' }) });
    });
    const opened = await rollingBack({ config: `${CONFIG}\nverify: { smoke: [{ never: 1 }] }`, plugins: [...plugins, strategy] });
    expect(await opened.run()).toMatchObject({
      status: 'rollback_incomplete',
      exit_code: 4,
      errors: [{ code: 'SHIP_SUITE_FAILED' }],
      rollback: { remaining: [], verification: { smoke: { outcome: 'failed' } } },
    });
  });

  it('given a condition on an environment that does not exist, when the plan is made, then it is a mistake with its place', async () => {
    const opened = rollingBack({
      config: `environments: { staging: {} }\n${steps('id: a, uses: t/fail, when: { environment: stagin }')}`,
      plugins: [failing],
    });
    await expect((await opened).run()).rejects.toMatchObject({ errors: [{ code: 'SHIP_NAME_UNKNOWN', hint: 'Did you mean `staging`?' }] });
  });
});
