import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { ask, askThroughout } from '../../../test/support/client.js';
import { releaseDriver } from '../src/driver/driver.js';
import { processesUnder, type World, worldForEachTest } from './support/world.js';

const driver = releaseDriver();
let world: World;

worldForEachTest((made) => {
  world = made;
});

test('20 keep-alive clients see no failed request through a deployment and a restore', async () => {
  // Given clients that ask throughout
  const before = await driver.deploy(world.ctx, world.at('v1'), undefined);
  const clients = askThroughout(world.port, 20);

  // When v2 is deployed and v1 restored
  await driver.deploy(world.ctx, world.at('v2'), before);
  const deployed = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 200));
  const restoring = performance.now();
  await driver.restore(world.ctx, world.at('v2'), before);
  const restored = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 200));
  const answers = await clients.stop();

  // Then none failed, and none that was asked after a switch was answered by the wrong version
  const failed = answers.filter(({ status }) => status !== 200);
  expect(failed).toEqual([]);
  const wrong = answers.filter(({ asked, at, body }) =>
    asked > deployed && at < restoring ? body !== 'v2' : asked > restored && body !== 'v1',
  );
  expect(wrong).toEqual([]);
  expect(answers.length).toBeGreaterThan(100);
});

test.each(['sick', 'crash', 'deaf'])('a %s v2 leaves v1 serving, without one failed request', async (mode) => {
  // Given v1 serves
  const before = await driver.deploy(world.ctx, world.at('v1'), undefined);
  const clients = askThroughout(world.port, 4);

  // When v2 does not become healthy
  const component = world.at('v2', { health: { http: '/healthz', timeout: '700ms', interval: '50ms' } }, { MODE: mode });
  const failure = await driver.deploy(world.ctx, component, before).catch((error) => error);

  // Then the error says so, only v1 runs, and nobody noticed
  expect(failure).toMatchObject({ code: 'SHIP_RELEASE_UNHEALTHY', message: expect.stringContaining('v1 is still live') });
  expect((await clients.stop()).filter(({ status, body }) => status !== 200 || body !== 'v1')).toEqual([]);
  expect(processesUnder(world.dir).filter((text) => text.includes('VERSION=v2'))).toEqual([]);
  expect(await driver.describe(world.ctx, component)).toEqual(before);
});

test('the message of an unhealthy release carries its log without secrets', async () => {
  const health = { http: '/healthz', timeout: '600ms', interval: '50ms' };
  const error = await driver.deploy(world.ctx, world.at('v1', { health }, { MODE: 'chatty' }), undefined).catch((thrown) => thrown);
  expect(error.message).toContain('GET /healthz answers 500');
  expect(error.message).toContain('service v1 starts\nthe token is [redacted]');
  expect(error.message).toContain('nothing else was live');
});

test('a port that somebody else holds is refused before anything changes', async () => {
  const holder = createServer().listen(world.port, '127.0.0.1');
  await once(holder, 'listening');
  const error = await driver.deploy(world.ctx, world.at('v1'), undefined).catch((thrown) => thrown);
  expect(error).toMatchObject({ code: 'SHIP_RELEASE_PORT_TAKEN', message: expect.stringContaining(String(world.port)) });
  expect(await driver.describe(world.ctx, world.at('v1'))).toBeUndefined();
  expect(processesUnder(world.dir)).toEqual([]);
  holder.close();
});

test('requests that are under way finish on the old release', async () => {
  // Given a request that takes longer than the deployment
  const before = await driver.deploy(world.ctx, world.at('v1'), undefined);
  const slow = ask(world.port, '/slow?ms=1200', new Agent({ keepAlive: true }));
  await new Promise((resolve) => setTimeout(resolve, 100));

  // When v2 is deployed, it waits for the request
  await driver.deploy(world.ctx, world.at('v2'), before);
  expect(await slow).toMatchObject({ status: 200, body: 'v1' });
});

test('the front joins WebSockets', async () => {
  await driver.deploy(world.ctx, world.at('v1'), undefined);
  const socket = connect(world.port, '127.0.0.1');
  socket.write('GET /ws HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n');
  const [head] = await once(socket, 'data');
  expect(String(head)).toContain('101 Switching Protocols');
  socket.write('hello');
  expect(String((await once(socket, 'data'))[0])).toBe('v1:hello');
  socket.destroy();
});
