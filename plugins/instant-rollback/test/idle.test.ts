import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startHaproxy } from '../../../test/services/haproxy.js';
import { startNginx } from '../../../test/services/nginx.js';
import { hasProgram } from '../../../test/services/started.js';
import { type Answer, askThroughout } from '../../../test/support/client.js';
import { haproxyRouter } from '../src/haproxy/router.js';
import { say } from '../src/haproxy/socket.js';
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
});
