import { describe, expect, it } from 'vitest';
import { recover } from '../src/run/recover/recover.js';
import { rollbackComponent, rollbackTo } from '../src/run/rollback/to-snapshot.js';
import { fleet, type Log, objecting, pluginWithSnapshots, snapshotOf, type World } from './fleet.js';
import { plugin, rollingBack } from './help.js';

const COMMAND = { command: 'ship' };
const PLAIN = `components:
  app: { driver: service, version: v3 }
  api: { driver: service, version: v3, depends_on: [app] }
  worker: { driver: service, version: v3, depends_on: [app] }
steps: []`;

describe('going back later', () => {
  it('given components side by side on one that they need, when all go back, then dependents are first, together, and nothing that waits begins early', async () => {
    const [world, log]: [World, Log] = [
      new Map([
        ['app', 'v3'],
        ['api', 'v3'],
        ['worker', 'v3'],
      ]),
      [],
    ];
    const opened = await rollingBack({
      plugins: [fleet(world, log, {}, 20), pluginWithSnapshots(snapshotOf({ app: 'v1', api: 'v1', worker: 'v1' }))],
      config: PLAIN,
    });
    expect(await rollbackTo(opened.kernel, 'snapshot-1', COMMAND)).toMatchObject({ exit_code: 0 });
    expect(log.slice(0, 2).sort()).toEqual(['restore api v1', 'restore worker v1']);
    expect(log.slice(4)).toEqual(['restore app v1', 'restored app']);
  });

  it('given a part that differs and one that does not, when everything goes back, then the first is put back before the components, and the other is skipped', async () => {
    const [world, log]: [World, Log] = [new Map([['app', 'v3']]), []];
    const part = (name: string, changed: boolean) => ({
      capture: () => undefined,
      restore: (_ctx: unknown, value: unknown) => {
        log.push(`${name} ${value}`);
        return { changed };
      },
    });
    const parts = plugin('parts', (ship) => {
      ship.part('infra', part('infra', true));
      ship.part('values', part('values', false));
    });
    const target = snapshotOf({ app: 'v1' }, { parts: { values: 'revision 2', infra: 'serial 4' } });
    const opened = await rollingBack({ plugins: [fleet(world, log), parts, pluginWithSnapshots(target)], config: PLAIN });
    const { rollback } = await rollbackTo(opened.kernel, 'snapshot-1', COMMAND);
    expect(log).toEqual(['infra serial 4', 'values revision 2', 'restore app v1', 'restored app']);
    expect(rollback!.parts).toMatchObject([
      { name: 'infra', status: 'restored' },
      { name: 'values', status: 'unchanged', detail: 'skipped (unchanged)' },
    ]);
  });

  it('given parts that stand on others, when everything goes back, then each comes after those, and otherwise in the order of registration', async () => {
    const log: Log = [];
    const partAfter = (name: string, after?: readonly string[]) => ({
      ...(after ? { after } : {}),
      capture: () => undefined,
      restore: () => {
        log.push(name);
        return { changed: true };
      },
    });
    const early = plugin('early', (ship) => {
      ship.part('constructor', partAfter('constructor', ['database', 'nobody']));
      ship.part('dns', partAfter('dns'));
    });
    const late = plugin('late', (ship) => {
      ship.part('database', partAfter('database', ['network']));
      ship.part('network', partAfter('network'));
      ship.part('new', partAfter('new'));
    });
    const parts = { network: 1, dns: null, database: {}, constructor: 'it' };
    const plugins = [fleet(new Map([['app', 'v1']])), early, late, pluginWithSnapshots(snapshotOf({ app: 'v1' }, { parts }))];
    const opened = await rollingBack({ plugins, config: PLAIN });
    expect(await rollbackTo(opened.kernel, 'snapshot-1', COMMAND)).toMatchObject({ exit_code: 0 });
    expect(log).toEqual(['network', 'database', 'constructor', 'dns']);
  });

  it.each<[string, Record<string, readonly string[]>, string]>([
    ['stands on itself', { infra: ['infra'] }, 'infra -> infra'],
    ['closes a circle', { infra: ['network'], values: ['infra'], network: ['values'] }, 'infra -> network -> values -> infra'],
  ])('given a part that %s, when its plugin is set up, then SHIP_PART_CYCLE', async (_, parts, circle) => {
    const circular = plugin('circular', (ship) => {
      for (const [name, after] of Object.entries(parts))
        ship.part(name, { after, capture: () => undefined, restore: () => ({ changed: true }) });
    });
    await expect(rollingBack({ plugins: [fleet(new Map()), circular], config: PLAIN })).rejects.toMatchObject({
      code: 'SHIP_PART_CYCLE',
      message: expect.stringContaining(circle),
    });
  });

  it.each([['Infra'], ['../infra'], ['snapshot'], ['config']])(
    'given a part of the name %s, when its plugin is set up, then it is refused',
    async (name) => {
      const wrong = plugin('wrong', (ship) => ship.part(name, { capture: () => undefined, restore: () => ({ changed: true }) }));
      await expect(rollingBack({ plugins: [fleet(new Map()), wrong], config: PLAIN })).rejects.toMatchObject({
        code: 'SHIP_PLUGIN_CONTRACT',
      });
    },
  );

  it.each<[string, Parameters<typeof snapshotOf>[1], string, number]>([
    ['another environment', { environment: 'staging' }, 'staging', 6],
    ['another project', { project: 'other' }, 'other', 6],
    [
      'a failed suite',
      { rollback_safe: false, verification: { smoke: false, acceptance: null, security: null, performance: null } },
      'its smoke suite had failed',
      6,
    ],
    ['a part that no plugin can put back', { parts: { infra: {} } }, 'infra', 6],
    ['migrations, of which no plugin here knows whether they are safe', { parts: { migrations: { applied: ['007'] } } }, 'migrations', 6],
  ])('given a snapshot with %s, when somebody goes back to it, then it is refused, and nothing is touched', async (_, more, told, exit) => {
    const [world, log]: [World, Log] = [new Map([['app', 'v3']]), []];
    const opened = await rollingBack({ plugins: [fleet(world, log), pluginWithSnapshots(snapshotOf({ app: 'v1' }, more))], config: PLAIN });
    const report = await rollbackTo(opened.kernel, 'snapshot-1', COMMAND);
    expect(report).toMatchObject({ exit_code: exit, errors: [{ code: 'SHIP_ROLLBACK_REFUSED', message: expect.stringContaining(told) }] });
    expect(log).toEqual([]);
  });

  it('given migrations that their plugin does not take for safe, when somebody goes back by force, then it is refused, and nothing is touched', async () => {
    const [world, log]: [World, Log] = [new Map([['app', 'v3']]), []];
    const migrations = plugin('migrations', (ship) =>
      ship.part('migrations', {
        capture: () => undefined,
        admit: () => [{ level: 'block', rule: 'migrations', message: '008 dropped a column' }],
        restore: () => {
          log.push('migrations');
          return { changed: true };
        },
      }),
    );
    const target = snapshotOf({ app: 'v1' }, { parts: { migrations: { applied: ['007'] } } });
    const plugins = [fleet(world, log), migrations, pluginWithSnapshots(target)];
    const opened = await rollingBack({ plugins, config: PLAIN, forceRollback: true });
    const report = await rollbackTo(opened.kernel, 'snapshot-1', COMMAND);
    expect(report).toMatchObject({ exit_code: 6, errors: [{ message: expect.stringContaining('008 dropped a column') }] });
    expect(log).toEqual([]);
  });

  it.each([
    ['warn', true, 0],
    ['warn', false, 6],
    ['block', true, 6],
  ] as const)('given a %s, when --force-rollback is %s, then the exit status is %s', async (level, forceRollback, exit) => {
    const world: World = new Map([['app', 'v3']]);
    const plugins = [fleet(world), pluginWithSnapshots(snapshotOf({ app: 'v1' })), objecting(level, () => true)];
    const opened = await rollingBack({ plugins, config: PLAIN, forceRollback });
    expect(await rollbackTo(opened.kernel, 'snapshot-1', COMMAND)).toMatchObject({ exit_code: exit });
  });
});

describe('going back later with one component', () => {
  const shelf = () =>
    pluginWithSnapshots(
      snapshotOf({ app: 'v3', api: 'v3' }, { id: 'snapshot-3' }),
      snapshotOf({ app: 'v2' }, { id: 'snapshot-2' }),
      snapshotOf({ app: 'v1', api: 'v1' }),
    );

  it('given several snapshots, when none is named, then it goes to the last one that has it otherwise than now, alone', async () => {
    const world: World = new Map([
      ['app', 'v3'],
      ['api', 'v3'],
    ]);
    const opened = await rollingBack({ plugins: [fleet(world), shelf()], config: PLAIN });
    await opened.store.put('state/default/deployed-version.json', JSON.stringify({ components: { app: 'v3', api: 'v3' } }));
    const report = await rollbackComponent(opened.kernel, 'api', undefined, COMMAND);
    expect(report).toMatchObject({
      exit_code: 0,
      rollback: { scope: 'partial', target_snapshot: 'snapshot-1', components: [{ name: 'api', from: 'v3', to: 'v1' }] },
    });
    expect(Object.fromEntries(world)).toEqual({ app: 'v3', api: 'v1' });
    const deployed = await opened.store.get('state/default/deployed-version.json');
    expect(JSON.parse(deployed!.value.toString())).toMatchObject({ version: 'v3', components: { app: 'v3', api: 'v1' }, snapshot: null });
  });

  it('given that it went back, when it should go back once more, then it goes further back or is refused, and never forward again', async () => {
    const world: World = new Map([['api', 'v3']]);
    const kept = pluginWithSnapshots(
      snapshotOf({ api: 'v3' }, { id: 'snapshot-3' }),
      snapshotOf({ api: 'v2' }, { id: 'snapshot-2' }),
      snapshotOf({ api: 'v1' }, { id: 'snapshot-1' }),
    );
    const opened = await rollingBack({ plugins: [fleet(world), kept], config: PLAIN });
    for (const version of ['v2', 'v1']) {
      expect((await rollbackComponent(opened.kernel, 'api', undefined, COMMAND)).exit_code).toBe(0);
      expect(world.get('api')).toBe(version);
    }
    await expect(rollbackComponent(opened.kernel, 'api', undefined, COMMAND)).rejects.toMatchObject({ code: 'SHIP_COMPONENT_NO_TARGET' });
    expect(world.get('api')).toBe('v1');
  });

  it.each([
    ['no such component', 'apo', undefined, 'SHIP_COMPONENT_UNKNOWN'],
    ['a key of every object', 'constructor', undefined, 'SHIP_COMPONENT_UNKNOWN'],
    ['one that no snapshot has', 'worker', undefined, 'SHIP_COMPONENT_NO_TARGET'],
    ['a snapshot without it', 'api', 'snapshot-2', 'SHIP_COMPONENT_NOT_HELD'],
  ])('given %s, when it should go back, then %s %s is %s', async (_, name, to, code) => {
    const [world, log]: [World, Log] = [
      new Map([
        ['app', 'v3'],
        ['api', 'v3'],
        ['worker', 'v3'],
      ]),
      [],
    ];
    const opened = await rollingBack({ plugins: [fleet(world, log), shelf()], config: PLAIN });
    await expect(rollbackComponent(opened.kernel, name, to, COMMAND)).rejects.toMatchObject({ code });
    expect(log).toEqual([]);
  });

  it('given a rollback of one that is interrupted, when it is recovered, then it alone goes back', async () => {
    const world: World = new Map([
      ['app', 'v3'],
      ['api', 'v3'],
    ]);
    const interrupt = new AbortController();
    const interrupting = fleet(world, [], {
      restore: async (_ctx, { name }, state) => {
        if (!interrupt.signal.aborted) {
          interrupt.abort(new Error('Ctrl-C'));
          throw new Error('cut off');
        }
        world.set(name, state!.version);
        return { changed: true };
      },
    });
    const opened = await rollingBack({ plugins: [interrupting, shelf()], config: PLAIN });
    const cut = await rollbackComponent(opened.kernel, 'api', undefined, { ...COMMAND, signal: interrupt.signal });
    expect(cut).toMatchObject({ status: 'interrupted' });

    const again = await rollingBack({ plugins: [interrupting, shelf()], config: PLAIN, store: opened.store });
    const report = await recover(again.kernel, COMMAND);

    expect(report).toMatchObject({ exit_code: 0, rollback: { scope: 'partial', components: [{ name: 'api', to: 'v1' }] } });
    expect(Object.fromEntries(world)).toEqual({ app: 'v3', api: 'v1' });
  });

  it('given partial_enabled: false, when one component should go back, then SHIP_ROLLBACK_OFF', async () => {
    const config = `optimization: { rollback: { partial_enabled: false } }\n${PLAIN}`;
    const opened = await rollingBack({ plugins: [fleet(new Map()), shelf()], config });
    await expect(rollbackComponent(opened.kernel, 'api', undefined, COMMAND)).rejects.toMatchObject({ code: 'SHIP_ROLLBACK_OFF' });
  });
});
