import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AnyAction,
  type AnyDriver,
  type Channel,
  type ComponentConfig,
  type ComponentState,
  definePlugin,
  type Executor,
  type Router,
} from '@ship/core';
import { localExecutor } from '@ship/exec';
import { describe, expect, it } from 'vitest';
import { temporaryFolder, testContext } from '../src/index.js';
import type { Promises } from '../src/suite.js';
import { actionPromises } from '../src/test-action.js';
import { channelPromises } from '../src/test-channel.js';
import { driverPromises } from '../src/test-driver.js';
import { executorPromises } from '../src/test-executor.js';
import { routerPromises } from '../src/test-router.js';
import { driver } from './fixtures/driver.mjs';
import { routerFor } from './fixtures/router.mjs';
import { webhook } from './fixtures/webhook.mjs';

const SKIPPED = Symbol();

/** The promises that are not kept, of those whose sentence holds `only`. */
async function broken(promises: Promises, only = ''): Promise<string[]> {
  const found: string[] = [];
  for (const [sentence, check] of Object.entries(promises).filter(([each]) => each.includes(only))) {
    const skip = () => {
      throw SKIPPED;
    };
    await check({ skip }).catch((error) => error === SKIPPED || found.push(sentence));
  }
  return found;
}

/** A test for each fault: the suite finds it, in the promise that it breaks. */
function finds<T>(whole: T, faults: Record<string, [Partial<T>, string]>, promisesOf: (subject: T) => Promises): void {
  it.each(Object.entries(faults))('given one that %s, then the suite finds it', async (_, [fault, promise]) => {
    expect(await broken(promisesOf({ ...whole, ...fault }), promise)).not.toEqual([]);
  });
}

describe('testAction', () => {
  const textIn = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : null);
  const at = (ctx: { dir: string }) => join(ctx.dir, 'motd');
  const put = (path: string, text: string | null) => (text === null ? rmSync(path, { force: true }) : writeFileSync(path, text));
  const whole: AnyAction = {
    input: { type: 'object', required: ['text'], properties: { text: { type: 'string' } } },
    capture: (ctx) => ({ text: textIn(at(ctx)) }),
    run: (ctx, { text }) => put(at(ctx), text),
    probe: (ctx, { text }, before) => ({ [text]: 'done', [before.text]: 'untouched' })[textIn(at(ctx))!] ?? 'partial',
    restore: (ctx, before) => put(at(ctx), before.text),
    admit: () => [],
  };
  const promisesOf = (action: AnyAction) =>
    actionPromises({
      plugin: definePlugin({ name: 'motd', ship: '^1', apply: (ship) => ship.action('set', action) }),
      uses: 'motd/set',
      input: () => ({ text: 'new' }),
      prepare: (folder) => writeFileSync(join(folder, 'motd'), 'old'),
      half: (folder) => writeFileSync(join(folder, 'motd'), 'n'),
      observe: (folder) => textIn(join(folder, 'motd')),
      invalid: [{}],
    });

  it('given one that keeps all promises, then the suite finds nothing', async () => {
    expect(await broken(promisesOf(whole))).toEqual([]);
  });

  finds(
    whole,
    {
      'changes nothing': [{ run: () => null }, 'changes what is observed'],
      'changes something when it captures': [{ capture: (ctx) => put(at(ctx), 'captured') }, 'nothing changes'],
      'changes something when it previews': [{ preview: (ctx) => put(at(ctx), 'seen') ?? [] }, 'nothing changes'],
      'captures what the journal cannot keep': [{ capture: () => ({ at: new Date() }) }, 'written and read'],
      'cannot go back': [{ restore: () => ({ changed: false }) }, 'fails later'],
      'removes what was there before': [{ restore: (ctx) => put(at(ctx), null) }, 'fails later'],
      'goes back only once': [
        { restore: (ctx, before) => put(at(ctx), textIn(at(ctx)) === before.text ? null : before.text) },
        'restored twice',
      ],
      'needs the result to go back': [
        {
          run: (ctx, { text }) => put(at(ctx), text) ?? { ran: true },
          restore: (ctx, before, result) => put(at(ctx), result ? before.text : 'lost'),
        },
        'in its middle',
      ],
      'goes back though it never began': [
        { restore: (ctx, before) => put(at(ctx), textIn(at(ctx)) === 'new' ? before.text : 'x') },
        'never began',
      ],
      'is untouched in its middle': [{ probe: () => 'untouched' }, 'killed in its middle'],
      'is always done': [{ probe: () => 'done' }, 'untouched, done, untouched'],
      'admits nothing': [{ admit: () => [{ level: 'block', rule: 'no', message: 'no' }] }, 'admitted'],
      'takes any input': [{ input: {} }, 'refused'],
    },
    promisesOf,
  );
});

describe('testDriver', () => {
  const promisesOf = (subject: AnyDriver) =>
    driverPromises({
      driver: subject,
      open() {
        const ctx = testContext();
        const component = (version: string, settings = {}): ComponentConfig => ({
          ...COMPONENT,
          version,
          settings: { text: 'x', ...settings },
        });
        return {
          ctx,
          component,
          reconfigured: (version) => component(version, { text: 'y' }),
          broken: (version) => component(version, { broken: true }),
          lose: (state: ComponentState<{ id: string }>) => rmSync(join(ctx.dir, 'web', `${state.driver.id}.json`)),
        };
      },
      invalid: [{}, { text: 1 }],
    });

  it('given one that keeps all promises, then the suite finds nothing', async () => {
    expect(await broken(promisesOf(driver))).toEqual([]);
  });

  const described = (change: (state: ComponentState) => object): Partial<AnyDriver> => ({
    async describe(...args) {
      const state = await driver.describe(...args);
      return state && { ...state, ...change(state) };
    },
  });
  let count = 0;
  finds(
    driver as AnyDriver,
    {
      'describes what is not there': [
        { describe: async () => ({ version: 'v1', config_hash: 'x', healthy: false, driver: {} }) },
        'nothing was deployed',
      ],
      'deploys when it previews': [{ preview: (ctx, component) => driver.deploy(ctx, component).then(() => []) }, 'previewed'],
      'describes another version': [described(() => ({ version: 'v7' })), 'described as deployed'],
      'is not healthy': [described(() => ({ healthy: false })), 'healthy'],
      'has a state that the journal cannot keep': [
        described(({ driver: state }) => ({ driver: { ...(state as object), at: undefined, of: new Date() } })),
        'survives',
      ],
      'hashes differently each time': [described(() => ({ config_hash: String(count++) })), 'config_hash'],
      'hashes all settings alike': [described(() => ({ config_hash: 'same' })), 'config_hash'],
      'restores nothing': [{ restore: async () => ({ changed: false }) }, 'the first is restored'],
      'restores the version alone': [
        {
          restore: (ctx, component, state) => driver.deploy(ctx, { ...component, version: state?.version }).then(() => ({ changed: true })),
        },
        'config is as before',
      ],
      'cannot restore nothing': [
        { restore: async (...args) => (args[2] ? driver.restore(...args) : { changed: false }) },
        'nothing was there before',
      ],
      'goes live though it fails': [
        { deploy: async (ctx, component) => driver.deploy(ctx, { ...component, settings: { ...component.settings, broken: false } }) },
        'a deployment that fails',
      ],
      'is always partial': [{ probe: async () => 'partial' as const }, 'untouched, done, untouched'],
      'admits what is lost': [{ admit: async () => [] }, 'admitted'],
      'takes any settings': [{ settings: {} }, 'settings'],
    },
    promisesOf,
  );
});

describe('testRouter', () => {
  const promisesOf = (router: Router) =>
    routerPromises(() => ({ router, ctx: testContext(), component: COMPONENT, versions: ['v1', 'v2'], absent: 'v3' }));
  const whole: Router = routerFor(['v1', 'v2']);

  it('given one that keeps all promises, then the suite finds nothing', async () => {
    expect(await broken(promisesOf(whole))).toEqual([]);
  });

  let anything = {};
  finds(
    whole,
    {
      'shifts nothing': [{ shift: async () => {} }, 'to and fro'],
      'takes any weights': [
        {
          weights: async () => anything,
          shift: async (_ctx, _component, weights) => {
            anything = weights;
          },
        },
        'do not make 100',
      ],
      'takes all for healthy': [{ healthy: async () => true }, 'healthy'],
    },
    promisesOf,
  );
});

describe('testChannel', () => {
  const whole = { of: (url: string): Channel => webhook(url, 1_000) };
  const promisesOf = ({ of }: typeof whole) => channelPromises({ open: of, deadlineMs: 2_500, invalid: [{}] });

  it('given one that keeps all promises, then the suite finds nothing', async () => {
    expect(await broken(promisesOf(whole))).toEqual([]);
  });

  finds(
    whole,
    {
      'sends nothing': [{ of: (url) => ({ ...webhook(url), send: async () => {} }) }, 'arrives once'],
      'sends twice': [
        {
          of: (url) => ({
            send: (message) =>
              webhook(url)
                .send(message)
                .then(() => webhook(url).send(message)),
          }),
        },
        'arrives once',
      ],
      'swallows failures': [
        {
          of: (url) => ({
            send: (message) =>
              webhook(url)
                .send(message)
                .catch(() => {}),
          }),
        },
        'refuses',
      ],
      'waits for ever': [{ of: (url) => webhook(url, 60_000) }, 'never answers'],
      'takes any settings': [{ of: (url) => ({ ...webhook(url), options: {} }) }, 'settings'],
    },
    promisesOf,
  );
});

describe('testExecutor', () => {
  const exec = localExecutor.exec;
  const promisesOf = (executor: Executor) => executorPromises(() => ({ executor, folder: temporaryFolder(), isHere: true }));
  const through = (change: Executor['exec']): Partial<Executor> => ({ exec: change });

  finds(
    localExecutor,
    {
      'joins the arguments': [
        through((ctx, command, options) => exec(ctx, ['/bin/sh', '-c', command.join(' ')], options)),
        'a shell would read',
      ],
      'drops empty arguments': [
        through((ctx, [name, ...words], options) => exec(ctx, [name, ...words.filter(Boolean)], options)),
        'a shell would read',
      ],
      'trims the output': [
        through(async (...args) => {
          const result = await exec(...args);
          return { ...result, stdout: result.stdout.trim() };
        }),
        'byte for byte',
      ],
      'mixes the streams': [through((ctx, command, options) => exec(ctx, command, { ...options, output: 'combined' })), 'byte for byte'],
      'knows no environment': [through((ctx, command, { env: _, ...options }) => exec(ctx, command, options)), 'variables'],
      'knows no input': [through((ctx, command, { input: _, ...options }) => exec(ctx, command, options)), 'input'],
      'stays where it is': [through((ctx, command, { cwd: _, ...options }) => exec(ctx, command, options)), 'working folder'],
      'rejects with anything': [through((...args) => exec(...args).catch(() => Promise.reject(new Error('it failed')))), 'exit code'],
      'never rejects': [through((ctx, command, options) => exec(ctx, command, { ...options, okExitCodes: 'any' })), 'exit code'],
      'starts what is called off': [
        through((ctx, command, options) => exec({ ...ctx, signal: new AbortController().signal }, command, options)),
        'aborted already',
      ],
      'shows secrets': [through((ctx, command, options) => exec({ ...ctx, redact: (text) => text }, command, options)), 'a secret'],
      'hides what it answers': [
        through(async (ctx, command, options) => {
          const result = await exec(ctx, command, options);
          return { ...result, stdout: ctx.redact(result.stdout) };
        }),
        'a secret',
      ],
      'shows what nobody asked for': [
        through((ctx, command, { onOutput: _, ...options }) => exec(ctx, command, options)),
        'nobody who listens',
      ],
      'reports no process': [
        through((ctx, command, options) => exec({ ...ctx, spawned: () => {} }, command, options)),
        'its process is reported',
      ],
      'has other targets each time': [{ targets: () => [String(Math.random())] }, 'the same names'],
      'has a target twice': [{ targets: () => ['h1', 'h1'] }, 'the same names'],
    },
    promisesOf,
  );
});

const COMPONENT: ComponentConfig = {
  name: 'web',
  driver: 'files',
  version: 'v1',
  core: false,
  depends_on: [],
  dependencies: {},
  compatible_with: {},
  settings: {},
};
