import { describe, expect, it } from 'vitest';
import type { RollbackRequest } from '../src/index.js';
import { recover } from '../src/run/recover/recover.js';
import { verdictOf } from '../src/run/verdict.js';
import { fleet, type Log, leftBroken, objecting, pluginWithSnapshots, snapshotOf, tried, type World } from './fleet.js';
import { actions, fail, journalOf, ofType, plugin, recording, rollingBack, steps } from './help.js';

const CONFIG = `components:
  api: { driver: service, version: v3 }
  worker: { driver: service, version: v3 }
${steps('id: api, uses: deploy, component: api', 'id: worker, uses: deploy, component: worker', 'id: last, uses: t/fail')}`;

describe('the way to the last verified snapshot', () => {
  it('given a component that is deployed twice in a run, when it fails, then it goes back to what was there before the first', async () => {
    const world: World = new Map([['api', 'v1']]);
    const twice = `components: { api: { driver: service, version: v3 } }\n${steps('id: one, uses: deploy, component: api', 'id: two, uses: deploy, component: api', 'id: last, uses: t/fail')}`;
    const requests: RollbackRequest[] = [];
    const spy = plugin('spy', (ship) => ship.hooks.beforeRollback.tap('look', (request) => void requests.push(request)));
    const { run } = await rollingBack({ plugins: [fleet(world), spy, actions({ fail })], config: twice });
    expect(await run()).toMatchObject({ exit_code: 1 });
    expect([world.get('api'), requests[0]!.states.api!.version]).toEqual(['v1', 'v1']);
  });

  it('given nothing that was left broken, when a run fails, then its captures are the snapshot, and nothing is restored twice', async () => {
    const [world, log]: [World, Log] = [
      new Map([
        ['api', 'v1'],
        ['worker', 'v1'],
      ]),
      [],
    ];
    const { run } = await rollingBack({
      plugins: [fleet(world, log), pluginWithSnapshots(snapshotOf({ api: 'v1', worker: 'v1' })), actions({ fail })],
      config: CONFIG,
    });
    const { rollback } = await run();
    expect(rollback).toMatchObject({ way: 'full', target_snapshot: 'snapshot-1', target: { version: 'v1' } });
    expect(tried(rollback)).toEqual(['full done']);
    expect(log.filter((line) => line.startsWith('restore '))).toEqual(['restore worker v1', 'restore api v1']);
  });

  it('given a run before that failed and was left, when the next one fails, then not its wreck but the snapshot is live again', async () => {
    const world: World = new Map([
      ['api', 'v2-broken'],
      ['worker', 'v1'],
    ]);
    const opened = await leftBroken({
      plugins: [fleet(world), pluginWithSnapshots(snapshotOf({ api: 'v1', worker: 'v1' })), actions({ fail })],
      config: CONFIG,
    });
    const report = await opened.run();
    expect(report).toMatchObject({ status: 'rolled_back', exit_code: 1, rollback: { way: 'full', target_snapshot: 'snapshot-1' } });
    expect(Object.fromEntries(world)).toEqual({ api: 'v1', worker: 'v1' });
    expect(await opened.store.get('state/default/unverified.json')).toBeUndefined();
  });

  it('given such a run and a snapshot that cannot be restored, when the next one fails, then what it did is undone at least, and the end is called unverified', async () => {
    const world: World = new Map([
      ['api', 'v2-broken'],
      ['worker', 'v1'],
    ]);
    const stubborn = fleet(world, [], {
      restore: async (_ctx, { name }, state) => {
        if (state?.version === 'v1' && name === 'api') throw new Error('the image of v1 is gone');
        world.set(name, state!.version);
        return { changed: true };
      },
    });
    const opened = await leftBroken({
      plugins: [stubborn, pluginWithSnapshots(snapshotOf({ api: 'v1', worker: 'v1' })), actions({ fail })],
      config: CONFIG,
    });
    const { rollback, status, exit_code } = await opened.run();
    expect(tried(rollback)).toEqual(['full failed', 'undo done']);
    expect(rollback!.tried![0]!.reason).toContain('the image of v1 is gone');
    expect([status, exit_code]).toEqual(['rollback_incomplete', 4]);
    expect(rollback!.remaining).toMatchObject([
      { what: 'default', command: 'ship --rollback-to snapshot-1', error: { code: 'SHIP_ROLLBACK_UNVERIFIED' } },
    ]);
    expect(Object.fromEntries(world)).toEqual({ api: 'v2-broken', worker: 'v1' });
  });

  it('given such a run and a snapshot that no longer holds, when the next one fails, then it stays there, and 4; nothing is left, and recover tries that way again', async () => {
    const world: World = new Map([['api', 'v2-broken']]);
    let holds = false;
    const smoke = plugin('smoke', (ship) =>
      ship.check('smoke', { input: {}, run: async () => ({ outcome: holds ? 'passed' : 'failed', detail: 'no answer' }) }),
    );
    const plugins = [fleet(world), pluginWithSnapshots(snapshotOf({ api: 'v1' })), smoke, actions({ fail })];
    const config = `components: { api: { driver: service, version: v3 } }
verify: { smoke: [{ smoke: 1 }] }
${steps('id: api, uses: deploy, component: api', 'id: last, uses: t/fail')}`;
    const opened = await leftBroken({ plugins, config });
    const report = await opened.run();
    expect(tried(report.rollback)).toEqual(['full failed']);
    expect(report).toMatchObject({ status: 'rollback_incomplete', exit_code: 4, rollback: { remaining: [] } });
    expect(Object.fromEntries(world)).toEqual({ api: 'v1' });
    expect(verdictOf(report)).toBe('failed, and the rollback is INCOMPLETE: all is back, and the smoke suite fails there');

    holds = true;
    const again = await recover(opened.kernel, { command: 'ship recover' });
    expect([again.exit_code, tried(again.rollback), verdictOf(again)]).toEqual([
      0,
      ['full done'],
      expect.stringMatching(/as in snapshot-1.*, and verified/),
    ]);
  });

  it('given such a run and a plugin that blocks the snapshot, when the next one fails, then the undo is the way, and the refusal is told', async () => {
    const world: World = new Map([
      ['api', 'v2-broken'],
      ['worker', 'v1'],
    ]);
    const blocked = objecting('block', ({ way }) => way === 'full');
    const opened = await leftBroken({
      plugins: [fleet(world), pluginWithSnapshots(snapshotOf({ api: 'v1' })), blocked, actions({ fail })],
      config: CONFIG,
    });
    const { rollback } = await opened.run();
    expect(tried(rollback)).toEqual(['full refused', 'undo done']);
    expect(ofType(opened.events, 'way-ended')[0]).toMatchObject({ tried: { reason: 'no full' }, next: 'undo' });
  });

  it('given a plugin that blocks every way, when a run fails, then SHIP_ROLLBACK_REFUSED, 6, and nothing was touched', async () => {
    const [world, log]: [World, Log] = [
      new Map([
        ['api', 'v1'],
        ['worker', 'v1'],
      ]),
      [],
    ];
    const { run } = await rollingBack({ plugins: [fleet(world, log), objecting('block', () => true), actions({ fail })], config: CONFIG });
    expect(await run()).toMatchObject({ status: 'refused', exit_code: 6, rollback: null, errors: [{ code: 'SHIP_ROLLBACK_REFUSED' }] });
    expect(log.filter((line) => line.startsWith('restore'))).toEqual([]);
  });
});

describe('one component of a run', () => {
  const HIGH = `components: { api: { driver: service, version: v2 }, worker: { driver: service, version: v2 } }
verify: { acceptance: [{ seen: worker, component: worker }], smoke: [{ seen: smoke }] }
${steps('id: api, uses: deploy, component: api', 'id: worker, uses: deploy, component: worker', 'id: note, uses: t/ok')}`;
  const isolated = plugin('isolated', (ship) =>
    ship.strategy('isolated', { way: 'partial', applies: () => true, rollback: (_run, request) => request.restore() }),
  );
  /** A check that answers by what is live of a component; `smoke` holds, or not. */
  const seeing = (holds: (name: string) => boolean) =>
    plugin('seen', (ship) =>
      ship.check('seen', {
        input: { type: 'object' },
        run: async (_ctx, { seen }: { seen: string }) =>
          holds(seen) ? { outcome: 'passed' } : { outcome: 'failed', detail: `${seen} is wrong` },
      }),
    );

  it('given a suite that fails for one component, when it is isolated, then it alone goes back, its own checks hold, and the rest stays', async () => {
    const [world, log]: [World, Log] = [
      new Map([
        ['api', 'v1'],
        ['worker', 'v1'],
      ]),
      [],
    ];
    const opened = await rollingBack({
      plugins: [fleet(world), isolated, seeing((name) => name === 'smoke' || world.get(name) === 'v1'), actions(recording(log))],
      config: HIGH,
    });
    const report = await opened.run();
    expect(report).toMatchObject({
      status: 'rolled_back',
      exit_code: 1,
      failure: { trigger: 'acceptance_tests_failed', component: 'worker' },
      decision: { scope: 'partial' },
      rollback: { scope: 'partial', way: 'partial', target_snapshot: null, components: [{ name: 'worker', from: 'v2', to: 'v1' }] },
    });
    expect(report.rollback!.verification).toMatchObject({ smoke: { outcome: 'passed' }, acceptance: { outcome: 'passed', checks: [{}] } });
    expect([Object.fromEntries(world), log]).toEqual([{ api: 'v2', worker: 'v1' }, ['run note']]);
    // A mixture that nobody has verified as a whole.
    expect(await opened.store.get('state/default/unverified.json')).toBeDefined();
  });

  it('given one that does not hold alone, when it is back, then everything follows, and both ways are told', async () => {
    const [world, log]: [World, Log] = [
      new Map([
        ['api', 'v1'],
        ['worker', 'v1'],
      ]),
      [],
    ];
    const holds = (name: string) => name === 'smoke' || world.get('api') === 'v1';
    const { run } = await rollingBack({ plugins: [fleet(world), isolated, seeing(holds), actions(recording(log))], config: HIGH });
    const report = await run();
    expect(tried(report.rollback)).toEqual(['partial failed', 'undo done']);
    expect([report.exit_code, Object.fromEntries(world), log]).toEqual([1, { api: 'v1', worker: 'v1' }, ['run note', 'undo note']]);
  });

  it('given one that does not hold alone, when a plugin takes everything back to the snapshot, then it is not held to what was put back before', async () => {
    const world: World = new Map([
      ['api', 'v1'],
      ['worker', 'v1-left'],
    ]);
    const whole = plugin('whole', (ship) =>
      ship.strategy('all', {
        way: 'full',
        applies: () => true,
        rollback: () => {
          for (const name of world.keys()) world.set(name, 'v1');
          return { components: [], remaining: [], target_snapshot: 'snapshot-1' };
        },
      }),
    );
    const holds = (name: string) => name === 'smoke' || world.get('api') === 'v1';
    const plugins = [
      fleet(world),
      isolated,
      whole,
      seeing(holds),
      pluginWithSnapshots(snapshotOf({ api: 'v1', worker: 'v1' })),
      actions(recording([])),
    ];
    const report = await (await leftBroken({ plugins, config: HIGH })).run();
    expect(tried(report.rollback)).toEqual(['partial failed', 'full done']);
    expect([report.exit_code, Object.fromEntries(world)]).toEqual([1, { api: 'v1', worker: 'v1' }]);
  });

  it('given a plugin that refuses it, when a suite fails, then everything goes back', async () => {
    const world: World = new Map([
      ['api', 'v1'],
      ['worker', 'v1'],
    ]);
    const plugins = [
      fleet(world),
      isolated,
      seeing((name) => name === 'smoke'),
      objecting('block', ({ way }) => way === 'partial'),
      actions(recording([])),
    ];
    const report = await (await rollingBack({ plugins, config: HIGH })).run();
    expect(tried(report.rollback)).toEqual(['partial refused', 'undo done']);
    expect(Object.fromEntries(world)).toEqual({ api: 'v1', worker: 'v1' });
  });

  it('given a rollback that is interrupted on its second way, when it is recovered, then it goes on there, and not with the first', async () => {
    const world: World = new Map([
      ['api', 'v1'],
      ['worker', 'v1'],
    ]);
    const interrupt = new AbortController();
    const log: Log = [];
    const interrupting = fleet(world, log, {
      restore: async (_ctx, { name }, state) => {
        log.push(`restore ${name}`);
        if (name === 'api' && !interrupt.signal.aborted) {
          interrupt.abort(new Error('Ctrl-C'));
          throw new Error('cut off');
        }
        world.set(name, state!.version);
        return { changed: true };
      },
    });
    const plugins = [interrupting, isolated, seeing((name) => name === 'smoke' || world.get('api') === 'v1'), actions(recording([]))];
    const opened = await rollingBack({ plugins, config: HIGH });
    expect(await opened.run(interrupt.signal)).toMatchObject({ status: 'interrupted', exit_code: 130 });
    log.length = 0;

    const again = await rollingBack({ plugins, config: HIGH, store: opened.store });
    const report = await recover(again.kernel, { command: 'ship recover', direction: 'back' });

    expect(tried(report.rollback)).toEqual(['undo done']);
    expect([log, Object.fromEntries(world)]).toEqual([['restore api'], { api: 'v1', worker: 'v1' }]);
  });

  it('given a severity of the config, when that suite fails, then it is that severe, and what was known is in the journal', async () => {
    const world: World = new Map([
      ['api', 'v1'],
      ['worker', 'v1'],
    ]);
    const config = `optimization: { rollback: { severity: { acceptance_tests_failed: LOW } } }\n${HIGH}`;
    const opened = await rollingBack({ plugins: [fleet(world), seeing((name) => name === 'smoke'), actions(recording([]))], config });
    const report = await opened.run();
    expect(report).toMatchObject({ status: 'succeeded', failure: { severity: 'LOW' }, decision: { action: 'info' } });
    const decided = (await journalOf(opened, report)).find(({ type }) => type === 'decision');
    expect(decided).toMatchObject({
      context: { failure: { component: 'worker' }, rollback: { severity: { acceptance_tests_failed: 'LOW' } } },
    });
  });
});
