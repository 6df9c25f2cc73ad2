import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ask } from '../../../test/support/client.js';
import { until } from '../src/base/wait.js';
import { releaseDriver } from '../src/driver/driver.js';
import type { FrontRecord, ProcessRecord } from '../src/records.js';
import { frontRouter } from '../src/router.js';
import { processesUnder, type World, workerOf, worldForEachTest } from './support/world.js';

const driver = releaseDriver();
let world: World;

worldForEachTest((made) => {
  world = made;
});

const root = () => join(world.dir, '.speckit/releases/test/web');
const read = <T>(name: string): T => JSON.parse(readFileSync(join(root(), name), 'utf8')) as T;
const record = () => read<ProcessRecord>(`processes/${readdirSync(join(root(), 'processes')).find((name) => name.endsWith('.json'))}`);
const patience = { timeoutMs: 5000, intervalMs: 30 };
const serves = (version: string) => until(async () => (await ask(world.port)).body === version || undefined, patience);

test('the supervisor starts a service again that crashed', async () => {
  // Given a service that runs
  const before = await driver.deploy(world.ctx, world.at('v1'), undefined);
  const pid = record().service?.pid;

  // When it crashes while it answers
  expect((await ask(world.port, '/crash')).status).toBe(502);

  // Then it comes back on its port, and the record counts it
  expect(await serves('v1')).toBe(true);
  expect(record()).toMatchObject({ restarts: expect.any(Number), last_end: { reason: 'it ended with exit code 1' } });
  expect(record().restarts).toBeGreaterThan(0);
  expect(record().service?.pid).not.toBe(pid);
  expect(await driver.describe(world.ctx, world.at('v1'))).toEqual(before);
});

test('a front that was killed comes back with its weights at the next command', async () => {
  // Given a front that dies
  const before = await driver.deploy(world.ctx, world.at('v1'), undefined);
  process.kill(read<FrontRecord>('front.json').front!.pid, 'SIGKILL');
  await until(async () => (await ask(world.port)).status === 0 || undefined, patience);

  // When anything is described
  const after = await driver.describe(world.ctx, world.at('v1'));

  // Then requests are answered again
  expect(after).toEqual(before);
  expect(await serves('v1')).toBe(true);
});

test('a front that is just dying is waited for, and started again', async () => {
  // Given a front that answers no more, and is still there
  const before = await driver.deploy(world.ctx, world.at('v1'), undefined);
  const { pid } = read<FrontRecord>('front.json').front!;
  rmSync(join(root(), 'front.sock'));
  setTimeout(() => process.kill(pid, 'SIGKILL'), 300);

  // When anything is described
  const after = await driver.describe(world.ctx, world.at('v1'));

  // Then another front answers
  const direct = await ask(record().port ?? 0, '/healthz');
  expect(after, JSON.stringify({ printed: world.printed, front: read('front.json'), record: record(), direct })).toEqual(before);
  expect(read<FrontRecord>('front.json').front!.pid).not.toBe(pid);
  expect(await serves('v1')).toBe(true);
});

test.each(['current', 'drained'])('a front that dies when a deployment has reached "%s" does not fail it', async (stage) => {
  // Given a front that answers no more after it was switched, and is still there for a moment
  await driver.deploy(world.ctx, world.at('v1'), undefined);
  const dying = releaseDriver((reached) => {
    if (reached !== stage) return;
    rmSync(join(root(), 'front.sock'));
    const { pid } = read<FrontRecord>('front.json').front!;
    setTimeout(() => process.kill(pid, 'SIGKILL'), 300);
  });

  // When v2 is deployed
  const deployed = await dying.deploy(world.ctx, world.at('v2'), undefined);

  // Then it is live, and the next command brings a front that leads to it alone
  expect(await driver.describe(world.ctx, world.at('v2'))).toEqual(deployed);
  expect(await serves('v2')).toBe(true);
  expect(processesUnder(world.dir).filter((text) => text.includes('VERSION=v1'))).toEqual([]);
});

test('a front that stays and is silent is told, and left alone', async () => {
  // Given a front that cannot be asked
  await driver.deploy(world.ctx, world.at('v1'), undefined);
  const { pid } = read<FrontRecord>('front.json').front!;
  rmSync(join(root(), 'front.sock'));

  // When anything is described
  const after = await driver.describe(world.ctx, world.at('v1'));

  // Then it is not healthy, and requests are answered all the same
  expect(after?.healthy).toBe(false);
  expect(world.printed.join()).toContain('does not answer');
  expect([read<FrontRecord>('front.json').front!.pid, await serves('v1')]).toEqual([pid, true]);
});

test('a killed supervisor leaves no orphan after the next deployment', async () => {
  // Given a service without its supervisor
  const before = await driver.deploy(world.ctx, world.at('v1'), undefined);
  process.kill(record().supervisor!.pid, 'SIGKILL');
  expect((await ask(world.port)).body).toBe('v1');

  // When the next version is deployed
  await driver.deploy(world.ctx, world.at('v2'), before);

  // Then the old service is gone
  expect(processesUnder(world.dir).filter((text) => text.includes('VERSION=v1'))).toEqual([]);
  expect((await ask(world.port)).body).toBe('v2');
});

test('standby keeps the old release running, so the router switches back at once', async () => {
  // Given v2 live and v1 standing by
  const before = await driver.deploy(world.ctx, world.at('v1', { standby: true }), undefined);
  await driver.deploy(world.ctx, world.at('v2', { standby: true }), before);
  const component = world.at('v2', { standby: true });
  expect(await frontRouter.weights(world.ctx, component)).toEqual({ v1: 0, v2: 100 });
  expect(await frontRouter.healthy(world.ctx, component, 'v1')).toBe(true);

  // When the weights are shifted, half and then wholly
  await frontRouter.shift(world.ctx, component, { v1: 50, v2: 50 });
  const answers = await Promise.all(Array.from({ length: 60 }, () => ask(world.port)));
  expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['v1', 'v2']));
  await frontRouter.shift(world.ctx, component, { v1: 100, v2: 0 });

  // Then v1 answers, and is what is live
  expect((await ask(world.port)).body).toBe('v1');
  expect(await driver.describe(world.ctx, component)).toEqual(before);
  await expect(frontRouter.shift(world.ctx, component, { v1: 60 })).rejects.toMatchObject({ code: 'SHIP_RELEASE_WEIGHTS' });
  await expect(frontRouter.shift(world.ctx, component, { v9: 100 })).rejects.toMatchObject({ code: 'SHIP_RELEASE_NOT_RUNNING' });
});

test('a service that opens /dev/stdout or /dev/stderr anew adds to its log, and goes on with it when its supervisor was killed', async () => {
  // Given a worker that opens its streams anew for each line
  const script = `echo first; echo second > /dev/stderr; echo third > /dev/stdout; echo fourth; while sleep 0.1; do echo tick > /dev/stderr; done`;
  const worker = { ...workerOf(world, 'v1'), settings: { ...workerOf(world, 'v1').settings, run: ['sh', '-c', script] } };
  const { driver: state } = await driver.deploy(world.ctx, worker, undefined);
  const log = join(root(), 'logs', `${state.release}.log`);
  const said = () => readFileSync(log, 'utf8').split('\n');
  await expect.poll(said, { timeout: 5000 }).toContain('tick');
  expect(said().slice(0, 4)).toEqual(['first', 'second', 'third', 'fourth']);

  // When its supervisor is killed
  const record = JSON.parse(readFileSync(join(root(), 'processes', `${state.release}.json`), 'utf8'));
  process.kill(record.supervisor.pid, 'SIGKILL');
  const before = said().length;

  // Then the service is there, and what it says is still written down, also much of it
  await expect.poll(() => said().length, { timeout: 5000 }).toBeGreaterThan(before + 5);
  expect(said().slice(0, 4)).toEqual(['first', 'second', 'third', 'fourth']);
  expect(() => process.kill(record.service.pid, 0)).not.toThrow();
});
