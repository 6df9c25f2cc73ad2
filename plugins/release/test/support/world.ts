import { randomInt } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ComponentConfig, Context, JsonObject } from '@ship/core';
import { afterEach, beforeEach, expect } from 'vitest';
import { removeAll } from '../../src/driver/restore.js';
import { isFree } from '../../src/process/run.js';
import { siteOf } from '../../src/site.js';

/** A folder of its own with a service in it, and everything that a driver is given. */
export interface World {
  readonly dir: string;
  readonly port: number;
  readonly ctx: Context;
  readonly printed: string[];
  /** The component as the config would have it, at a version. */
  at(version: string, settings?: JsonObject, env?: Record<string, string>): ComponentConfig;
  /** Ends and removes everything; returns the processes that were left over. */
  end(): Promise<string[]>;
}

/** Hands each test a world of its own, and holds the test to leave no process behind. */
export function worldForEachTest(hand: (world: World) => void): void {
  let world: World;
  beforeEach(async () => {
    world = await makeWorld();
    hand(world);
  });
  afterEach(async () => {
    expect(await world.end()).toEqual([]);
  });
}

/** Makes a world on a free port. */
export async function makeWorld(): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'release-'));
  cpSync(fileURLToPath(new URL('../fixtures/service', import.meta.url)), join(dir, 'app'), { recursive: true });
  const port = await somePort();
  const printed: string[] = [];
  const ctx = contextOf(dir, printed);
  const at = (version: string, settings: JsonObject = {}, env = {}) => componentOf(port, version, settings, env);
  const end = async () => {
    await removeAll(siteOf(ctx, at('end')));
    const left = processesUnder(dir);
    rmSync(dir, { recursive: true, force: true });
    return left;
  };
  return { dir, port, ctx, printed, at, end };
}

/** The command lines of processes that name a folder or run in it. */
export function processesUnder(dir: string): string[] {
  const about = (pid: string) => ['cmdline', 'environ'].map((file) => readOr(`/proc/${pid}/${file}`)).join(' ');
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  return pids.map((pid) => `${pid} ${about(pid).replaceAll('\0', ' ').slice(0, 2000)}`).filter((text) => text.includes(dir));
}

function contextOf(dir: string, printed: string[] = []): Context {
  const line = (message: string) => void printed.push(message);
  return {
    run: 'run-1',
    project: 'shop',
    environment: 'test',
    dir,
    stateDir: join(dir, '.speckit'),
    signal: new AbortController().signal,
    log: { debug: line, info: line, warn: line },
    facts: {},
    output: ({ text }) => line(text),
    redact: (text) => text.replaceAll('s3cr3t-canary', '[redacted]'),
    refer: (value) => value,
    resolve: (value) => value,
    spawned: () => {},
    created: async ({ id }) => line(id),
  };
}

function componentOf(port: number, version: string, settings: JsonObject, env: Record<string, string>): ComponentConfig {
  const usual = { path: 'app', run: 'node server.mjs', port, drain_timeout: '3s', systemd: 'never' };
  const health = { http: '/healthz', timeout: '8s', interval: '30ms' };
  const own = { ...usual, health, ...settings, env: { VERSION: version, ...env } };
  return { name: 'web', driver: 'release', version, core: true, depends_on: [], settings: own as JsonObject };
}

/** The same component as a worker: it has no port. */
export function workerOf(world: World, version: string, env: Record<string, string> = {}): ComponentConfig {
  const component = world.at(version, { run: ['node', 'worker.mjs'], health: { min_uptime: '200ms', interval: '30ms' } }, env);
  const { port: _port, ...settings } = component.settings;
  return { ...component, settings };
}

async function somePort(): Promise<number> {
  const port = randomInt(10_000, 20_000);
  return (await isFree('127.0.0.1', port)) ? port : somePort();
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
