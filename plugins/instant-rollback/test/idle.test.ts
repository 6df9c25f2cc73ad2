import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startHaproxy } from '../../../test/services/haproxy.js';
import { startNginx } from '../../../test/services/nginx.js';
import { hasProgram } from '../../../test/services/started.js';
import { type Answer, ask, askThroughout } from '../../../test/support/client.js';
import { haproxyRouter } from '../src/haproxy/router.js';
import { readServers, say } from '../src/haproxy/socket.js';
import { nginxRouter } from '../src/nginx.js';
import { switchTraffic } from '../src/switch.js';
import { serve, worldOf } from './world.js';

type Ports = { readonly blue: number; readonly green: number };

const PLAIN = ({ blue, green }: Ports) => `  server blue 127.0.0.1:${blue} weight 0
  server green 127.0.0.1:${green} weight 100
`;

/** A HAProxy whose backend somebody else has set up; all traffic is with v2, and v1 is well. */
async function behind(servers: (ports: Ports) => string, level = 'admin') {
  const [one, two] = [await serve('v1'), await serve('v2')];
  // Nothing hides a request that a wrong switch would have failed.
  const { socket, port } = await startHaproxy('shop', { servers: servers({ blue: one.port, green: two.port }), level, retries: false });
  return { socket, port, ...worldOf({ name: 'haproxy', settings: { socket, backend: 'shop', health: '/healthz' } }, one, two) };
}

/** Switches to v1 while clients ask. */
async function underLoad({ ctx, component, port }: Awaited<ReturnType<typeof behind>>) {
  const clients = askThroughout(port, 6);
  const outcome = await switchTraffic(ctx, component, haproxyRouter, 'v1', {}).catch((error: unknown) => error);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const answers = await clients.stop();
  return { outcome, answers, failed: answers.filter(({ status }) => status !== 200) };
}

const bodies = (answers: readonly Answer[]) => [...new Set(answers.map(({ body }) => body))].sort();

describe.skipIf(!hasProgram('haproxy'))('a HAProxy that would give the standby no request', () => {
  it.each([
    ['in maintenance', 'disable server shop/blue'],
    ['drained', 'set server shop/blue state drain'],
  ])(
    'given a standby that is %s, when traffic should go to it under load, then it is refused, and no request fails',
    async (idle, command) => {
      const stage = await behind(PLAIN);
      await say(stage.socket, command);
      const { outcome, answers, failed } = await underLoad(stage);
      expect(outcome).toMatchObject({ code: 'SHIP_INSTANT_STANDBY' });
      await expect(haproxyRouter.shift(stage.ctx, stage.component, { v1: 100 })).rejects.toMatchObject({
        code: 'SHIP_ROUTER_IDLE',
        message: expect.stringContaining(`shop/blue, which is v1: it is ${idle}`),
      });
      expect({ failed, bodies: bodies(answers) }).toEqual({ failed: [], bodies: ['v2'] });
      expect(await haproxyRouter.weights(stage.ctx, stage.component)).toEqual({ v1: 0, v2: 100 });
    },
  );

  it('given a standby that HAProxy finds down and that answers ship, when traffic should go to it, then it is refused, and no request fails', async () => {
    const stage = await behind(
      ({ blue, green }) => `  option httpchk GET /
  http-check expect string nobody-says-this
  server blue 127.0.0.1:${blue} weight 0 check inter 50ms fall 1
  server green 127.0.0.1:${green} weight 100
`,
    );
    await expect.poll(() => haproxyRouter.healthy(stage.ctx, stage.component, 'v1'), { timeout: 5000 }).toBe(false);
    const { outcome, answers, failed } = await underLoad(stage);
    expect(outcome).toMatchObject({ code: 'SHIP_INSTANT_STANDBY' });
    expect({ failed, bodies: bodies(answers) }).toEqual({ failed: [], bodies: ['v2'] });
  });

  it('given a balance that takes no weights, when traffic should be switched, then the old one is not lowered, and no request fails', async () => {
    const stage = await behind((ports) => `  balance static-rr\n${PLAIN(ports)}`);
    const { outcome, answers, failed } = await underLoad(stage);
    expect(outcome).toMatchObject({ code: 'SHIP_ROUTER_REFUSED', message: expect.stringContaining('static LB algorithm') });
    expect({ failed, bodies: bodies(answers) }).toEqual({ failed: [], bodies: ['v2'] });
  });

  it('given a socket that may only look, when traffic should be switched, then it is refused, and no request fails', async () => {
    const { outcome, failed } = await underLoad(await behind(PLAIN, 'operator'));
    expect(outcome).toMatchObject({ code: 'SHIP_ROUTER_REFUSED', message: expect.stringContaining('Permission denied') });
    expect(failed).toEqual([]);
  });
});

describe.skipIf(!hasProgram('haproxy'))('servers that are not up from the start', () => {
  it('given servers with a check, when a version gets a new address, then the old one has the traffic until the new one is up', async () => {
    const stage = await behind(
      ({ green }) => `  server blue 127.0.0.1:1 weight 0 check inter 300ms
  server green 127.0.0.1:${green} weight 100
`,
    );
    const downYet = async () => (await say(stage.socket, 'show servers state shop')).split('\n')[2]?.split(' ')[5];
    await expect.poll(downYet, { timeout: 5000 }).toBe('0');
    const { outcome, answers, failed } = await underLoad(stage);
    expect(outcome).toMatchObject({ from: 'v2', to: 'v1' });
    expect({ failed, bodies: bodies(answers) }).toEqual({ failed: [], bodies: ['v1', 'v2'] });
  }, 20_000);

  it('given servers that the config disables, when they are put into use, then their weights are told as they are', async () => {
    const stage = await behind(() => '  server blue 127.0.0.1:1 weight 0 disabled\n  server green 127.0.0.1:1 weight 0 disabled\n');
    await haproxyRouter.shift(stage.ctx, stage.component, { v2: 100 });
    expect(await haproxyRouter.weights(stage.ctx, stage.component)).toEqual({ v1: 0, v2: 100 });
    const { outcome, answers, failed } = await underLoad(stage);
    expect(outcome).toMatchObject({ from: 'v2', to: 'v1' });
    expect({ failed, bodies: bodies(answers) }).toEqual({ failed: [], bodies: ['v1', 'v2'] });
  });

  it('given no version with any traffic, when it should go to one, then it is switched, and not taken for done', async () => {
    const stage = await behind(({ blue }) => `  server blue 127.0.0.1:${blue} weight 0\n`);
    const gradual = { strategy: 'gradual', pause: '1ms' } as const;
    expect(await switchTraffic(stage.ctx, stage.component, haproxyRouter, 'v1', gradual)).toMatchObject({ from: null, to: 'v1' });
    expect(await haproxyRouter.weights(stage.ctx, stage.component)).toMatchObject({ v1: 100 });
  });
});

describe.skipIf(!hasProgram('haproxy'))('servers that are not for versions', () => {
  const stateOf = async (socket: string, name: string) => (await readServers(socket, 'shop')).find((server) => server.name === name);

  it('given a spare server that somebody put into maintenance, when a version needs one, then it is left alone, and the error says why', async () => {
    const [one, two] = [await serve('v1'), await serve('v2')];
    const servers = `  server green 127.0.0.1:${two.port} weight 100\n  server spare 127.0.0.1:1 weight 0\n`;
    const { socket } = await startHaproxy('shop', { servers });
    const { ctx, component } = worldOf({ name: 'haproxy', settings: { socket, backend: 'shop' } }, one, two);
    await say(socket, 'set server shop/spare state maint');
    await expect(haproxyRouter.shift(ctx, component, { v1: 100 })).rejects.toMatchObject({
      code: 'SHIP_ROUTER_NO_SERVER',
      message: expect.stringContaining('taken out of use by somebody'),
    });
    expect(await stateOf(socket, 'spare')).toMatchObject({ port: 1, idle: 'in maintenance' });
    expect(await haproxyRouter.weights(ctx, component)).toEqual({ v1: 0, v2: 100 });
  });

  it('given a backup server, when traffic is switched there and back, then it keeps its weight, is no spare, and serves when all others are gone', async () => {
    const sorry = await serve('sorry');
    const stage = await behind((ports) => `${PLAIN(ports)}  server sorry 127.0.0.1:${sorry.port} backup\n`);
    for (const version of ['v1', 'v2']) {
      await haproxyRouter.shift(stage.ctx, stage.component, { [version]: 100 });
      expect(await haproxyRouter.weights(stage.ctx, stage.component)).toMatchObject({ [version]: 100 });
    }
    expect(await say(stage.socket, 'get weight shop/sorry')).toMatch(/^1 /);
    for (const name of ['blue', 'green']) await say(stage.socket, `disable server shop/${name}`);
    expect((await ask(stage.port)).body).toBe('sorry');
  });

  it('given clients with a cookie, when traffic is switched there and back, then they follow it at once, no request fails, and what others took out stays out', async () => {
    const stage = await behind(
      ({ blue, green }) => `  cookie SRV insert indirect nocache
  server blue 127.0.0.1:${blue} weight 0 cookie blue
  server green 127.0.0.1:${green} weight 100 cookie green
  server third 127.0.0.1:1 weight 0 cookie third
`,
    );
    const { ctx, component, port, socket } = stage;
    await say(socket, 'set server shop/third state maint');
    const bound = async (cookie: string) =>
      await (await fetch(`http://127.0.0.1:${port}/`, { headers: { cookie: `SRV=${cookie}` } })).text();
    expect(await bound('green')).toBe('v2');
    const clients = askThroughout(port, 6);
    await haproxyRouter.shift(ctx, component, { v1: 100 });
    expect([await bound('green'), await bound('blue')]).toEqual(['v1', 'v1']);
    expect(await stateOf(socket, 'green')).toMatchObject({ idle: 'in maintenance' });
    expect(await haproxyRouter.healthy(ctx, component, 'v2')).toBe(true);
    expect(await switchTraffic(ctx, component, haproxyRouter, 'v2', {})).toMatchObject({ from: 'v1', to: 'v2' });
    expect([await bound('green'), await bound('blue')]).toEqual(['v2', 'v2']);
    const failed = (await clients.stop()).filter(({ status }) => status !== 200);
    expect(failed).toEqual([]);
    expect(await stateOf(socket, 'third')).toMatchObject({ port: 1, idle: 'in maintenance' });
    // Somebody else takes out what ship had, at another address: that is not ours any more.
    await say(socket, 'set server shop/blue addr 127.0.0.1 port 2');
    await expect(haproxyRouter.shift(ctx, component, { v1: 100 })).rejects.toMatchObject({ code: 'SHIP_ROUTER_NO_SERVER' });
  }, 20_000);
});

describe.skipIf(!hasProgram('nginx'))('an nginx that would not see a flag', () => {
  it('given an nginx that does not run, and a folder that its config does not look into, when traffic is shifted, then each has its code, and no flag is put', async () => {
    const { config, flags, blue, green } = await startNginx();
    const versions = [await serve('v1', blue), await serve('v2', green)];
    const of = (settings: { config: string; flags: string }) =>
      worldOf({ name: 'nginx', settings: { blue, green, ...settings } }, ...versions);
    const other = join(config, '../other.conf');
    writeFileSync(other, readFileSync(config, 'utf8').replace('nginx.pid', 'other.pid'));
    const [stopped, blind] = [of({ config: other, flags }), of({ config, flags: flags.slice(0, -1) })];
    await expect(nginxRouter.shift(stopped.ctx, stopped.component, { v2: 100 })).rejects.toMatchObject({
      code: 'SHIP_ROUTER_UNREACHABLE',
      message: expect.stringContaining('other.pid'),
    });
    await expect(nginxRouter.shift(blind.ctx, blind.component, { v2: 100 })).rejects.toMatchObject({ code: 'SHIP_ROUTER_BLIND' });
    expect({ flags: readdirSync(flags), blind: existsSync(flags.slice(0, -1)) }).toEqual({ flags: [], blind: false });
  });

  it('given a user who may not open what the config names, when traffic is shifted, then that is said, and not that the config is broken', async () => {
    const { config, flags, blue, green } = await startNginx();
    const { ctx, component } = worldOf(
      { name: 'nginx', settings: { config, flags, blue, green } },
      await serve('v1', blue),
      await serve('v2', green),
    );
    const stderr = 'nginx: [emerg] open() "/run/nginx.pid" failed (13: Permission denied)';
    const denied = { ...ctx, exec: async () => ({ exitCode: 1, stdout: '', stderr, truncated: false, duration_ms: 1 }) };
    await expect(nginxRouter.shift(denied, component, { v2: 100 })).rejects.toMatchObject({
      code: 'SHIP_ROUTER_UNTESTED',
      message: expect.stringContaining('/run/nginx.pid'),
      hint: expect.stringContaining('run ship as root'),
    });
    expect(readdirSync(flags)).toEqual([]);
  });
});
