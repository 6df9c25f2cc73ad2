import { describe, expect, it } from 'vitest';
import type { Channel, Executor, History, Message, PluginScope, ShipEvent, SuiteReport } from '../src/index.js';
import { recover } from '../src/run/recover/recover.js';
import { actions, fail, journalOf, plugin, rollingBack, steps } from './help.js';

/** A place of hosts, each of which keeps a value, and commands that set it. */
function hosts(names: readonly string[], refuse: (command: string) => boolean = () => false) {
  const world = new Map(names.map((name) => [name, 'v1']));
  const log: string[] = [];
  const executor: Executor = {
    targets: () => names,
    async exec(ctx, command) {
      const host = ctx.place.target!;
      const line = `${host}: ${command.join(' ')}`;
      if (refuse(line)) throw new Error('the connection was cut');
      const [verb, value = ''] = command;
      log.push(line);
      if (verb === 'set') world.set(host, value);
      const stdout = verb === 'get' ? world.get(host)! : '';
      return { command, exitCode: 0, signal: null, stdout, stderr: '', truncated: false, durationMs: 0, pid: 0 };
    },
  };
  const lab = plugin('lab', (ship) => {
    ship.executor('lab', executor);
    ship.action('set', {
      capture: async (ctx) => (await ctx.exec(['get'])).stdout,
      run: async (ctx, { to }) => void (await ctx.exec(['set', String(to)])),
      restore: async (ctx, before) => {
        await ctx.exec(['set', before]);
        return { changed: true };
      },
    });
  });
  return { world, log, lab, values: () => [...world.values()] };
}

const ON_LAB = 'id: a, uses: lab/set, on: lab, with: { to: v2 }';

describe('executors', () => {
  it('given a place that is one, when a step runs there, then its commands do, and others stay here', async () => {
    const where: string[] = [];
    const executor: Executor = {
      exec: async ({ place }, command) => {
        where.push(place.name);
        return { command, exitCode: 0, signal: null, stdout: 'there', stderr: '', truncated: false, durationMs: 0, pid: 0 };
      },
    };
    const said: string[] = [];
    const ask = { run: async (ctx: Parameters<Executor['exec']>[0]) => void said.push((await ctx.exec(['echo', 'here'])).stdout.trim()) };
    const place = plugin('p', (ship) => ship.executor('container', executor));
    const { run } = await rollingBack({
      plugins: [place, actions({ ask })],
      config: steps('id: a, uses: t/ask, on: container', 'id: b, uses: t/ask'),
    });
    expect(await run()).toMatchObject({ exit_code: 0 });
    expect([where, said]).toEqual([['container'], ['there', 'here']]);
  });

  it('given a place that nobody brings, when the plan is made, then it is a mistake with its position', async () => {
    const opened = await rollingBack({ plugins: [actions({ ok: () => null })], config: steps('id: a, uses: t/ok, on: locall') });
    await expect(opened.run()).rejects.toMatchObject({
      errors: [{ code: 'SHIP_NAME_UNKNOWN', message: 'step a: there is no executor "locall"', hint: expect.stringContaining('`local`') }],
    });
  });

  it('given a plugin whose executor cannot execute, when it is loaded, then it is refused', async () => {
    const broken = plugin('p', (ship) => ship.executor('nowhere', {} as Executor));
    const ok = actions({ ok: () => null });
    await expect(rollingBack({ plugins: [broken, ok], config: steps('id: a, uses: t/ok') })).rejects.toMatchObject({
      code: 'SHIP_PLUGIN_CONTRACT',
    });
  });
});

describe('a step on many targets', () => {
  const NAMES = Array.from({ length: 12 }, (_, index) => `h${index + 1}`);

  it('given a later failure, when the run is taken back, then each target is as it was', async () => {
    const { lab, values, log } = hosts(NAMES);
    const { run } = await rollingBack({ plugins: [lab, actions({ fail })], config: steps(ON_LAB, 'id: b, uses: t/fail') });
    expect(await run()).toMatchObject({ status: 'rolled_back', steps: [{ status: 'undone' }, {}] });
    expect(values()).toEqual(NAMES.map(() => 'v1'));
    expect(log.filter((line) => line.endsWith('set v1'))).toHaveLength(12);
  });

  it('given one that fails, when the run is taken back, then only those that were begun are touched again', async () => {
    const { lab, values, log } = hosts(NAMES, (line) => line === 'h7: set v2');
    const { run } = await rollingBack({ plugins: [lab], config: `max_parallel: 1\n${steps(ON_LAB)}` });
    const report = await run();
    expect(report).toMatchObject({ status: 'rolled_back', failure: { message: 'on h7: the connection was cut' } });
    expect(values()).toEqual(NAMES.map(() => 'v1'));
    const restored = log.filter((line) => line.endsWith('set v1')).map((line) => line.split(':')[0]);
    expect(restored).toEqual(['h7', 'h6', 'h5', 'h4', 'h3', 'h2', 'h1']);
  });

  it('given one that cannot be reached on the way back, when the run is taken back, then it is incomplete, names it, and the others are back', async () => {
    const { lab, world } = hosts(NAMES, (line) => line === 'h3: set v1');
    const opened = await rollingBack({ plugins: [lab, actions({ fail })], config: steps(ON_LAB, 'id: b, uses: t/fail') });
    const report = await opened.run();
    expect(report).toMatchObject({ status: 'rollback_incomplete', exit_code: 4 });
    expect(report.rollback!.remaining).toMatchObject([
      { what: 'a', error: { code: 'SHIP_TARGETS_LEFT', message: expect.stringContaining('h3: the connection was cut') } },
    ]);
    expect([...world].filter(([, value]) => value === 'v2')).toEqual([['h3', 'v2']]);

    const again = await rollingBack({
      plugins: [hostsLike(world), actions({ fail })],
      config: steps(ON_LAB, 'id: b, uses: t/fail'),
      store: opened.store,
    });
    expect(await recover(again.kernel, { command: 'ship recover' })).toMatchObject({ exit_code: 0 });
    expect(world.get('h3')).toBe('v1');
  });

  it('given a run that is interrupted at the seventh of twelve, when it goes on, then six stay done, and the seventh is tried again', async () => {
    const interrupt = new AbortController();
    const { lab, values, log } = hosts(NAMES, (line) => {
      if (line === 'h7: set v2' && !interrupt.signal.aborted) interrupt.abort(new Error('Ctrl-C'));
      return interrupt.signal.aborted && line === 'h7: set v2' && !log.includes('again');
    });
    const config = `max_parallel: 1\n${steps(ON_LAB)}`;
    const opened = await rollingBack({ plugins: [lab], config });
    expect(await opened.run(interrupt.signal)).toMatchObject({ status: 'interrupted' });
    log.push('again');

    const again = await rollingBack({ plugins: [lab], config, store: opened.store });
    const report = await recover(again.kernel, { command: 'ship recover', direction: 'forward' });
    expect(report).toMatchObject({ exit_code: 0 });
    expect(values()).toEqual(NAMES.map(() => 'v2'));
    expect(log.slice(log.indexOf('again') + 1)).toEqual(NAMES.slice(6).map((name) => `${name}: set v2`));
    const progress = (await journalOf(opened, report)).flatMap((entry) => (entry.type === 'progress' ? [entry.name] : []));
    expect(new Set(progress)).toEqual(new Set(NAMES));
  });

  it('given a place without targets, when a step runs there, then it fails before anything is touched', async () => {
    const { lab, log } = hosts([]);
    expect(await (await rollingBack({ plugins: [lab], config: steps(ON_LAB) })).run()).toMatchObject({
      steps: [{ error: { code: 'SHIP_TARGETS_NONE' } }],
    });
    expect(log).toEqual([]);
  });

  /** The same hosts, which can all be reached by now. */
  function hostsLike(world: Map<string, string>) {
    const { lab, world: fresh } = hosts([...world.keys()]);
    for (const [name, value] of world) fresh.set(name, value);
    const set = fresh.set.bind(fresh);
    fresh.set = (name, value) => {
      world.set(name, value);
      return set(name, value);
    };
    return lab;
  }
});

describe('what a plugin finds', () => {
  it('given a channel of another plugin, when it is looked up and sent to, then the message arrives', async () => {
    const sent: Message[] = [];
    const channel: Channel = { send: async (message) => void sent.push(message) };
    const pager = plugin('pager', (ship) => ship.channel('pager', channel));
    const alerts = plugin('alerts', (ship) =>
      ship.hooks.afterRun.tapPromise('tell', async ({ status }) => {
        expect(ship.channels.names()).toEqual(['pager']);
        await ship.channels.get('pager')!.send({ event: 'deployed', severity: 'info', text: status, context: {} });
      }),
    );
    await (await rollingBack({ plugins: [alerts, pager, actions({ ok: () => null })], config: steps('id: a, uses: t/ok') })).run();
    expect(sent).toEqual([{ event: 'deployed', severity: 'info', text: 'succeeded', context: {} }]);
  });

  it('given an event of a plugin, when it is emitted, then listeners get it by its name, without secrets', async () => {
    const mine = plugin('mine', (ship) =>
      ship.hooks.beforeRun.tap('say', () => ship.emit('tick', { at: 'pass hunter2-hunter2' }, 'hunter2-hunter2!')),
    );
    const opened = await rollingBack({
      plugins: [mine, actions({ ok: () => null })],
      config: steps('id: a, uses: t/ok'),
      env: { DB_PASSWORD: 'hunter2-hunter2' },
    });
    await opened.run();
    const own = opened.events.filter((event): event is Extract<ShipEvent, { type: `${string}/${string}` }> => event.type === 'mine/tick');
    expect(own).toEqual([{ type: 'mine/tick', data: { at: 'pass ***' }, message: '***!' }]);
  });

  it('given runs before, when history is read in a hook, then they are listed in pages, with their reports', async () => {
    let history: History | undefined;
    const reader = plugin('reader', (ship) =>
      ship.hooks.beforeRun.tap('read', (run) => {
        history = run.history;
      }),
    );
    const opened = await rollingBack({ plugins: [reader, actions({ ok: () => null })], config: steps('id: a, uses: t/ok') });
    const ids = [(await opened.run()).run!, (await opened.run()).run!, (await opened.run()).run!];
    expect((await history!.runs({ limit: 2 })).map(({ run }) => run)).toEqual([ids[2], ids[1]]);
    expect((await history!.runs({ before: ids[1]! })).map(({ run }) => run)).toEqual([ids[0]]);
    expect(await history!.report(ids[0]!)).toMatchObject({ run: ids[0], status: 'succeeded' });
    expect(await history!.status()).toMatchObject({ last_run: { run: ids[2] }, recover: null });
    expect(await history!.live()).toEqual({});
  });

  it('given a suite of the config, when an action asks for it in between, then it knows the outcome and can stop', async () => {
    const reports: SuiteReport[] = [];
    const flaky = (ship: PluginScope) =>
      ship.check('holds', {
        input: {},
        run: async () => (reports.length === 0 ? { outcome: 'passed' } : { outcome: 'failed', detail: 'no' }),
      });
    const gradual = actions({
      gradual: async (ctx) => {
        for (const share of [10, 50, 100]) {
          const report = await ctx.check('smoke');
          reports.push(report);
          if (report.outcome === 'failed') throw new Error(`not healthy at ${share} %`);
        }
      },
    });
    const { run } = await rollingBack({
      plugins: [plugin('c', flaky), gradual],
      config: `verify: { smoke: [{ holds: 1 }] }\n${steps('id: a, uses: t/gradual')}`,
    });
    expect(await run()).toMatchObject({ steps: [{ error: { message: 'not healthy at 50 %' } }] });
    expect(reports.map(({ outcome }) => outcome)).toEqual(['passed', 'failed']);
  });
});
