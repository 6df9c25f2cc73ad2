import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Router } from '@ship/core';
import { testRouter } from '@ship/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startHaproxy } from '../../../test/services/haproxy.js';
import { startNginx } from '../../../test/services/nginx.js';
import { hasProgram } from '../../../test/services/started.js';
import { ask as askOnce, askThroughout } from '../../../test/support/client.js';
import { commandRouter } from '../src/command.js';
import { haproxyRouter } from '../src/haproxy/router.js';
import { say } from '../src/haproxy/socket.js';
import { nginxRouter } from '../src/nginx.js';
import { switchTraffic } from '../src/switch.js';
import { serve, type Version, worldOf } from './world.js';

interface Stage {
  readonly router: Router;
  readonly world: ReturnType<typeof worldOf>;
  readonly one: Version;
  readonly two: Version;
  /** Where clients ask; absent where the router moves no traffic itself. */
  readonly port?: number;
}

async function haproxyStage(): Promise<Stage> {
  const { socket, port } = await startHaproxy('shop');
  const [one, two] = [await serve('v1'), await serve('v2')];
  const world = worldOf({ name: 'haproxy', settings: { socket, backend: 'shop', health: '/healthz' } }, one, two);
  return { router: haproxyRouter, world, one, two, port };
}

async function nginxStage(): Promise<Stage> {
  const { config, flags, port, blue, green } = await startNginx();
  const [one, two] = [await serve('v1', blue), await serve('v2', green)];
  const world = worldOf({ name: 'nginx', settings: { config, flags, blue, green, health: '/healthz' } }, one, two);
  return { router: nginxRouter, world, one, two, port };
}

async function commandStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'ship-command-router-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'weights.json');
  writeFileSync(file, '{"v1": 100}');
  const settings = {
    weights: `cat ${file}`,
    shift: `printf %s "$SHIP_WEIGHTS" > ${file}`,
    healthy: `test ! -e ${folder}/ill-"$SHIP_VERSION"`,
  };
  const [one, two] = [await serve('v1'), await serve('v2')];
  const world = worldOf({ name: 'command', settings }, one, two);
  Object.defineProperty(one, 'ill', { set: (ill: boolean) => (ill ? writeFileSync(`${folder}/ill-v1`, '') : undefined) });
  return { router: commandRouter, world, one, two };
}

const STAGES = [
  ['haproxy', 'haproxy', haproxyStage],
  ['nginx', 'nginx', nginxStage],
  ['command', 'sh', commandStage],
] as const;

for (const [name, program, stage] of STAGES) {
  describe.skipIf(!hasProgram(program))('what every router promises', () => {
    testRouter(name, async () => {
      const { router, world, port } = await stage();
      const ask = port === undefined ? {} : { ask: async () => (await askOnce(port)).body };
      return { router, ...world, versions: ['v1', 'v2'], ...ask, ...(name === 'command' ? {} : { absent: 'v9' }) };
    });
  });
}

describe.each(STAGES)('the router %s', (_, program, stage) => {
  const itRuns = it.skipIf(!hasProgram(program));

  itRuns('given two versions, when weights are shifted, then they are in force, and read back in whole percents', async () => {
    const { router, world } = await stage();
    const { ctx, component } = world;
    for (const weights of [{ v1: 100 }, { v1: 75, v2: 25 }, { v1: 50, v2: 50 }, { v2: 100 }, { v2: 100, v1: 0 }, { v1: 100 }]) {
      await router.shift(ctx, component, weights);
      expect(Object.fromEntries(Object.entries(await router.weights(ctx, component)).filter(([, share]) => share > 0))).toEqual(
        Object.fromEntries(Object.entries(weights).filter(([, share]) => share > 0)),
      );
    }
  });

  itRuns.each([
    [{ v1: 60 }, /make 60, not 100/],
    [{ v1: 50.5, v2: 49.5 }, /whole/],
    [{ v1: -100, v2: 200 }, /whole/],
    [{}, /make 0/],
  ])('given weights that are none (%j), when they are shifted, then SHIP_ROUTER_WEIGHTS, and nothing changes', async (weights, told) => {
    const { router, world } = await stage();
    const { ctx, component } = world;
    await router.shift(ctx, component, { v1: 100 });
    await expect(router.shift(ctx, component, weights as never)).rejects.toMatchObject({
      code: 'SHIP_ROUTER_WEIGHTS',
      message: expect.stringMatching(told),
    });
    expect((await router.weights(ctx, component)).v1).toBe(100);
  });

  itRuns('given a standby that is ill, when traffic should go to it, then SHIP_INSTANT_STANDBY, and nothing changes', async () => {
    const { router, world, one } = await stage();
    const { ctx, component } = world;
    await router.shift(ctx, component, { v2: 100 });
    one.ill = true;
    await expect(switchTraffic(ctx, component, router, 'v1', {})).rejects.toMatchObject({ code: 'SHIP_INSTANT_STANDBY' });
    expect((await router.weights(ctx, component)).v2).toBe(100);
  });

  itRuns(
    'given a switch that was cut off half way, and one that was done, when it is done again, then it goes on where it was, and nothing is left to do',
    async () => {
      const { router, world } = await stage();
      const { ctx, component } = world;
      await router.shift(ctx, component, { v1: 50, v2: 50 });
      const shifts: unknown[] = [];
      const spied: Router = {
        ...router,
        shift(...args) {
          shifts.push(args[2]);
          return router.shift(...args);
        },
      };
      const options = { strategy: 'gradual', steps: [25, 50, 75], pause: '10ms' } as const;
      expect(await switchTraffic(ctx, component, spied, 'v1', options)).toMatchObject({ from: 'v2', to: 'v1' });
      expect(shifts).toEqual([{ v1: 75, v2: 25 }, { v1: 100 }]);
      expect(await switchTraffic(ctx, component, spied, 'v1', options)).toEqual({ from: 'v1', to: 'v1', ms: 0 });
      expect(shifts).toHaveLength(2);
    },
  );

  itRuns('given a version that falls ill on the way, when traffic goes to it in steps, then both weights are as they were', async () => {
    const { router, world, one } = await stage();
    const { ctx, component } = world;
    await router.shift(ctx, component, { v2: 100 });
    const falling: Router = {
      ...router,
      async shift(...args) {
        await router.shift(...args);
        one.ill = true;
      },
    };
    const gradual = switchTraffic(ctx, component, falling, 'v1', { strategy: 'gradual', steps: [25, 50, 75], pause: '10ms' });
    await expect(gradual).rejects.toMatchObject({ code: 'SHIP_INSTANT_ABORTED', message: expect.stringContaining('25 %') });
    expect(await router.weights(ctx, component)).toMatchObject({ v2: 100 });
  });
});

describe.each(STAGES.slice(0, 2))('traffic through %s', (_, program, stage) => {
  it.skipIf(!hasProgram(program))(
    'given clients on kept connections, when traffic is switched to and fro, at once and in steps, then no request fails',
    async () => {
      const { router, world, port } = await stage();
      const { ctx, component } = world;
      await router.shift(ctx, component, { v1: 100 });
      const clients = askThroughout(port!, 10);
      for (let turn = 0; turn < 6; turn += 1) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        const to = turn % 2 ? 'v1' : 'v2';
        const options = turn < 4 ? {} : { strategy: 'gradual' as const, pause: '50ms' };
        expect(await switchTraffic(ctx, component, router, to, options)).toMatchObject({ to });
      }
      const last = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 200));
      const answers = await clients.stop();
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      expect(answers.length).toBeGreaterThan(50);
      expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['v1', 'v2']));
      // Once the switch is made every new request goes to the new version.
      expect(answers.filter(({ asked, body }) => asked > last && body !== 'v1')).toEqual([]);
    },
    60_000,
  );
});

describe('what a router cannot do', () => {
  it('given a socket that is not there, and one that nobody listens on, when weights are read, then SHIP_ROUTER_UNREACHABLE', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ship-no-router-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, 'file'), '');
    for (const socket of [join(folder, 'missing'), join(folder, 'file')]) {
      const { ctx, component } = worldOf({ name: 'haproxy', settings: { socket, backend: 'shop' } });
      await expect(haproxyRouter.weights(ctx, component)).rejects.toMatchObject({ code: 'SHIP_ROUTER_UNREACHABLE', exitCode: 6 });
    }
  });

  it.skipIf(!hasProgram('haproxy'))(
    'given a backend that HAProxy does not know, a version that runs nowhere, and more versions than servers, when traffic is shifted, then each has its code',
    async () => {
      const { socket } = await startHaproxy('shop');
      const [one, two, three] = [await serve('v1'), await serve('v2'), await serve('v3')];
      const of = (backend: string) => worldOf({ name: 'haproxy', settings: { socket, backend } }, one, two, three);
      const unknown = of('shoop');
      await expect(haproxyRouter.weights(unknown.ctx, unknown.component)).rejects.toMatchObject({
        code: 'SHIP_ROUTER_REFUSED',
        message: expect.stringContaining("Can't find backend"),
      });
      const { ctx, component } = of('shop');
      await expect(haproxyRouter.shift(ctx, component, { v9: 100 })).rejects.toMatchObject({
        code: 'SHIP_ROUTER_NO_TARGET',
        message: expect.stringContaining('what runs is v1, v2, v3'),
      });
      await haproxyRouter.shift(ctx, component, { v1: 50, v2: 50 });
      await expect(haproxyRouter.shift(ctx, component, { v1: 30, v2: 30, v3: 40 })).rejects.toMatchObject({
        code: 'SHIP_ROUTER_NO_SERVER',
      });
      expect(await haproxyRouter.weights(ctx, component)).toMatchObject({ v1: 50, v2: 50 });
      expect(await say(socket, 'get weight shop/blue')).toMatch(/^50 /);
    },
  );

  it.skipIf(!hasProgram('nginx'))(
    'given a config of nginx that is broken, a share that it cannot tell, and a version on a strange port, when traffic is shifted, then nothing is changed',
    async () => {
      const { config, flags, blue, green } = await startNginx();
      const [one, two, stray] = [await serve('v1', blue), await serve('v2', green), await serve('v3')];
      const { ctx, component } = worldOf({ name: 'nginx', settings: { config, flags, blue, green } }, one, two, stray);
      await expect(nginxRouter.shift(ctx, component, { v1: 90, v2: 10 })).rejects.toMatchObject({ code: 'SHIP_ROUTER_WEIGHTS' });
      await expect(nginxRouter.shift(ctx, component, { v3: 100 })).rejects.toMatchObject({
        code: 'SHIP_ROUTER_WEIGHTS',
        message: expect.stringContaining('neither slot'),
      });
      writeFileSync(config, readFileSync(config, 'utf8').replace('events {', 'evnts {'));
      await expect(nginxRouter.shift(ctx, component, { v2: 100 })).rejects.toMatchObject({
        code: 'SHIP_ROUTER_REFUSED',
        message: expect.stringContaining('evnts'),
      });
      expect(existsSync(join(flags, 'green'))).toBe(false);
    },
  );

  it('given a release that is asked for by its id, when traffic is shifted, then the commands speak of its version, and know where it listens', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ship-command-router-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const settings = {
      weights: `cat ${folder}/weights`,
      shift: `printf %s "$SHIP_WEIGHTS" > ${folder}/weights; printf %s "$SHIP_TARGETS" > ${folder}/targets`,
      healthy: `printf %s "$SHIP_VERSION $SHIP_ADDRESS" > ${folder}/asked`,
    };
    const [one, two] = [await serve('v1'), await serve('v2')];
    const { ctx, component } = worldOf({ name: 'command', settings }, one, two);
    const [key, { host, port }] = Object.entries(await ctx.targetsOf(component)).find(([, { version }]) => version === 'v2')!;
    await commandRouter.shift(ctx, component, { [key]: 100 });
    expect(await commandRouter.weights(ctx, component)).toEqual({ v2: 100 });
    expect(JSON.parse(readFileSync(`${folder}/targets`, 'utf8'))).toEqual({ v2: `${host}:${port}` });
    expect(await commandRouter.healthy(ctx, component, key)).toBe(true);
    expect(readFileSync(`${folder}/asked`, 'utf8')).toBe(`v2 ${host}:${port}`);
  });

  it('given commands that fail, print nonsense, or do nothing, when traffic is shifted, then each has its code', async () => {
    const of = (settings: { weights: string; shift: string }) => worldOf({ name: 'command', settings: { healthy: 'true', ...settings } });
    for (const [settings, code] of [
      [{ weights: 'echo {', shift: 'true' }, 'SHIP_ROUTER_REFUSED'],
      [{ weights: 'echo "{\\"v1\\": 60}"', shift: 'true' }, 'SHIP_ROUTER_REFUSED'],
      [{ weights: 'true', shift: 'echo no >&2; exit 3' }, 'SHIP_ROUTER_REFUSED'],
      [{ weights: 'echo "{\\"v1\\": 100}"', shift: 'true' }, 'SHIP_ROUTER_PROOF'],
    ] as const) {
      const { ctx, component } = of(settings);
      await expect(commandRouter.shift(ctx, component, { v2: 100 })).rejects.toMatchObject({ code });
    }
  });
});
