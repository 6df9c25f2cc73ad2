import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { CommandContext } from '@ship/core';
import { expect, test } from 'vitest';
import { ask } from '../../../test/support/client.js';
import { until } from '../src/base/wait.js';
import { releaseDriver } from '../src/driver/driver.js';
import { removeAll } from '../src/driver/restore.js';
import { examineReleases } from '../src/examine.js';
import type { FrontRecord, ProcessRecord } from '../src/records.js';
import { siteOf } from '../src/site.js';
import { processesUnder, type World, workerOf, worldForEachTest } from './support/world.js';

const driver = releaseDriver();
let world: World;

worldForEachTest((made) => {
  world = made;
});

const root = () => join(world.dir, '.speckit/releases/test/web');
const front = () => JSON.parse(readFileSync(join(root(), 'front.json'), 'utf8')) as FrontRecord;
const processFile = () => readdirSync(join(root(), 'processes')).find((name) => name.endsWith('.json'))!;
const service = () => JSON.parse(readFileSync(join(root(), 'processes', processFile()), 'utf8')) as ProcessRecord;
const patience = { timeoutMs: 10_000, intervalMs: 30 };
const serves = (version: string) => until(async () => (await ask(world.port)).body === version || undefined, patience);
const examined = async (component = world.at('v1')) => {
  const ctx = { ...world.ctx, components: { web: component } } as unknown as CommandContext;
  return (await examineReleases(ctx)).map(({ level, message }) => `${level} ${message}`).join('\n');
};

test('a front that is killed is started again by what looks after it, and the log and the doctor say so', async () => {
  // Given a front that serves, and is well
  await driver.deploy(world.ctx, world.at('v1'), undefined);
  const { pid } = front().front!;
  expect(await examined()).toBe('');

  // When it is killed, and no command is called
  process.kill(pid, 'SIGKILL');
  expect(await until(() => (front().front!.pid !== pid ? true : undefined), patience)).toBe(true);

  // Then it serves, with another process
  expect(await serves('v1')).toBe(true);
  expect(front()).toMatchObject({ restarts: 1 });
  expect(readFileSync(join(root(), 'logs/front.log'), 'utf8')).toContain(`the front died (process ${pid}); started again as process`);
  expect(await examined()).toMatch(/^warn web: its front died, and was started again once, the last time at /);
});

test('limits of the front that are changed are in force after the next deployment, in the same process', async () => {
  const before = await driver.deploy(world.ctx, world.at('v1'), undefined);
  const { pid } = front().front!;
  await driver.deploy(world.ctx, world.at('v2', { front: { header_limit: 2048, headers_timeout: '3s' } }), before);
  expect(front()).toMatchObject({ front: { pid }, limits: { header_limit: 2048, headers_timeout_ms: 3000, idle_timeout_ms: 75_000 } });
  expect((await ask(world.port, `/${'a'.repeat(3000)}`)).status).toBe(431);
});

test.each([
  ['front.json', () => rmSync(join(root(), 'front.json'))],
  ['the whole folder', () => rmSync(root(), { recursive: true })],
])('without %s the front is found, and ended', async (what, lose) => {
  // Given a front whose record was removed by hand
  await driver.deploy(world.ctx, world.at('v1'), undefined);
  lose();
  if (what === 'front.json') expect(await examined()).toContain('warn web: a front runs whose record');

  // When the component is removed
  expect(await removeAll(siteOf(world.ctx, world.at('v1')))).toEqual({ changed: true, summary: 'web removed' });

  // Then nothing runs, and nobody holds the port
  expect((await ask(world.port)).status).toBe(0);
  expect(processesUnder(world.dir)).toEqual([]);
});

test('who holds the port is named where it is not the front', async () => {
  // Given a component that is stopped, whose port another program took
  await driver.deploy(world.ctx, world.at('v1'), undefined);
  rmSync(join(root(), 'front.json'));
  await removeAll(siteOf(world.ctx, world.at('v1')));
  const holder = createServer().listen(world.port, '127.0.0.1');
  await once(holder, 'listening');

  // Then a deployment names it
  const error = await driver.deploy(world.ctx, world.at('v1'), undefined).catch((thrown) => thrown);
  expect(error.message).toContain(`is held by another program, `);
  expect(error.message).toContain(`(pid ${process.pid})`);
  holder.close();
});

test('a service has the umask of whoever deploys', async () => {
  const before = process.umask(0o027);
  try {
    await driver.deploy(world.ctx, world.at('v1', { run: 'umask > umask.txt; exec node server.mjs' }), undefined);
  } finally {
    process.umask(before);
  }
  expect(readFileSync(join(root(), 'current/app/umask.txt'), 'utf8').trim()).toBe('0027');
});

test('a service that does not end in time is killed, and that is said', async () => {
  // Given a worker that takes no notice of TERM
  const deaf = {
    ...workerOf(world, 'v1'),
    settings: { ...workerOf(world, 'v1').settings, run: 'trap "" TERM; while :; do sleep 1; done', stop_timeout: '200ms' },
  };
  await driver.deploy(world.ctx, deaf, undefined);

  // When it is removed
  await removeAll(siteOf(world.ctx, deaf));

  // Then nothing runs, and why is printed
  expect(processesUnder(world.dir)).toEqual([]);
  expect(world.printed.join('\n')).toMatch(/web: release \S+ did not end within 0\.2 s after TERM, and was killed; see `stop_timeout`/);
});

test('a health check names the host that the service wants', async () => {
  const run = `node -e "require('http').createServer((q, r) => r.writeHead(q.headers.host === 'shop.example' ? 200 : 403).end('v1')).listen(process.env.PORT, process.env.HOST)"`;
  const health = { http: '/', host: 'shop.example', timeout: '8s', interval: '30ms' };
  expect(await driver.deploy(world.ctx, world.at('v1', { run, health }), undefined)).toMatchObject({ healthy: true });
});

test('a service that ends again and again is started until what it waits for is back, and the doctor says why', async () => {
  // Given a service that needs something
  const run = 'test ! -e ../gone || exit 3; exec node server.mjs';
  await driver.deploy(world.ctx, world.at('v1', { run }), undefined);
  const gone = join(root(), 'releases', readdirSync(join(root(), 'releases'))[0]!, 'gone');

  // When that is away, more often than a start of a release may fail
  writeFileSync(gone, '');
  await ask(world.port, '/crash');
  expect(await until(() => service().restarts >= 5 || undefined, { timeoutMs: 20_000, intervalMs: 50 })).toBe(true);
  const described = await driver.describe(world.ctx, world.at('v1', { run }));
  expect(described?.healthy).toBe(false);
  expect(world.printed.join('\n')).toMatch(/web: v1 does not serve: it ended with exit code 3, at .*; it was started again \d+ times/);
  expect(await examined(world.at('v1', { run }))).toContain('warn web: v1 does not serve: it ended with exit code 3');

  // Then it comes back with it
  rmSync(gone);
  expect(await serves('v1')).toBe(true);
});

test('releases that never served do not push out those that did', async () => {
  // Given v1, and more failed deployments than releases are kept
  const health = { http: '/healthz', timeout: '5s', interval: '30ms' };
  const first = await driver.deploy(world.ctx, world.at('v1', { keep: 2, health }), undefined);
  for (let turn = 0; turn < 3; turn += 1) {
    const sick = world.at('bad', { keep: 2, health: { ...health, timeout: '200ms' } }, { MODE: 'sick' });
    await expect(driver.deploy(world.ctx, sick, first)).rejects.toMatchObject({ code: 'SHIP_RELEASE_UNHEALTHY' });
  }

  // When v2 is deployed, then v1 is still there, and not all of the failed ones
  const second = await driver.deploy(world.ctx, world.at('v2', { keep: 2, health }), first);
  expect(existsSync(join(root(), 'releases', first.driver.release))).toBe(true);
  expect(readdirSync(join(root(), 'releases'))).toHaveLength(4);

  // Then it can be gone back to
  await driver.restore(world.ctx, world.at('v2', { health }), first);
  expect(await serves('v1')).toBe(true);
  expect(second.version).toBe('v2');
});
