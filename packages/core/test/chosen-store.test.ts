import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openKernel } from '@ship/config';
import { temporaryFolder, testStore } from '@ship/testing';
import { describe, expect, it } from 'vitest';
import { MemoryStore, type Plugin, type PluginScope, type ShipError, type StoreOptions } from '../src/index.js';
import { type Kernel, run } from '../src/kernel-api.js';
import { actions, plugin } from './help.js';

/** Opens a kernel with a config, and the plugins `t` and `odd`. No store is given: the config chooses. */
async function open(config: string, apply: (ship: PluginScope) => void | Promise<void> = () => {}): Promise<Kernel> {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'ship.yaml'), `version: 1\nproject: test\nplugins: [t, odd]\nsteps: [{ id: a, uses: t/ok }]\n${config}\n`);
  const plugins = [actions({ ok: () => null }), plugin('odd', apply as never)] as Plugin<never>[];
  const builtins = Object.fromEntries(plugins.map((each) => [each.name, async () => ({ default: each })]));
  return openKernel({ cwd, env: {}, builtins });
}
const refusal = (opened: Promise<unknown>): Promise<ShipError> =>
  opened.then(
    () => {
      throw new Error('it was accepted');
    },
    (error: ShipError) => error,
  );
const forgetful = (ship: PluginScope) => ship.store('forgetful', () => new MemoryStore());

testStore('of a plugin', async (wanted) => (await open('store: mine', (ship) => ship.store('mine', () => new MemoryStore(wanted)))).store);

describe('the store that the config chooses', () => {
  it('given a store of a plugin, when a run is deployed, then all that is kept is in there', async () => {
    const given: StoreOptions[] = [];
    const kernel = await open('store: forgetful', (ship) =>
      ship.store('forgetful', async (options) => {
        given.push(options);
        return new MemoryStore();
      }),
    );
    const report = await run(kernel, { command: 'ship' });
    expect(report.status).toBe('succeeded');
    expect(given).toEqual([{ project: 'test', stateDir: kernel.stateDir }]);
    expect(await kernel.store.list(`runs/default/${report.run}/`)).toEqual(
      ['journal.jsonl', 'report.json'].map((file) => `runs/default/${report.run}/${file}`),
    );
    expect(existsSync(kernel.stateDir)).toBe(false);
  });

  it('given nothing, or `file`, when a run is deployed, then it is in files beside the config', async () => {
    for (const config of ['', 'store: file']) {
      const kernel = await open(config, forgetful);
      expect(kernel.store.name).toBe('file');
      await run(kernel, { command: 'ship' });
      expect(existsSync(join(kernel.stateDir, 'runs'))).toBe(true);
    }
  });

  it('given a plugin that keeps something, when it asks `ship.state`, then that is the store in use', async () => {
    let scope: PluginScope | undefined;
    const kernel = await open('store: forgetful', (ship) => {
      scope = ship;
      forgetful(ship);
    });
    await scope!.state.put('notes/a.json', '{}');
    expect(await kernel.store.list('notes/')).toEqual(['notes/a.json']);
    expect([scope!.state.name, scope!.state.flags.leases]).toEqual(['memory', true]);
  });

  it('given a plugin that asks `ship.state` while it is set up, when the kernel opens, then it is told', async () => {
    const error = await refusal(open('', async (ship) => void (await ship.state.get('a'))));
    expect(error).toMatchObject({
      code: 'SHIP_PLUGIN_FAILED',
      message: 'plugin odd cannot be loaded: the store was asked before all plugins were set up',
    });
  });

  it('given a store that nobody brings, when the kernel opens, then the nearest one is suggested, and other mistakes are told too', async () => {
    const { errors } = await refusal(open('store: forgetfull\nverify: { smoke: [{ nope: 1 }] }', forgetful));
    expect(errors.map(({ code, message, hint, at }) => `${at?.line}:${at?.column} ${code} ${message} | ${hint}`)).toEqual([
      '5:8 SHIP_NAME_UNKNOWN store: there is no store "forgetfull" | Did you mean `forgetful`?',
      expect.stringContaining('6:19 SHIP_NAME_UNKNOWN check nope 1: there is no check "nope"'),
    ]);
  });

  it('given a store that is no name, when the kernel opens, then only that is told', async () => {
    const { errors } = await refusal(open('store: 5'));
    expect(errors.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'SHIP_CONFIG_UNQUOTED store: 5 is not text: YAML reads it as the number 5',
    ]);
  });

  it.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('connection refused');
      },
      'connection refused',
    ],
    ['makes nothing', () => undefined, 'it has no get()'],
    ['makes a part of a store', () => ({ get: async () => undefined }), 'it has no put()'],
    [
      'does not say whether it has leases',
      () => Object.assign(new MemoryStore(), { flags: undefined }),
      'it does not say in `flags` whether it has leases',
    ],
  ])('given a factory that %s, when the kernel opens, then the store and its plugin are named', async (_, make, reason) => {
    const error = await refusal(open('store: broken', (ship) => ship.store('broken', make as never)));
    expect(error).toMatchObject({
      code: 'SHIP_STORE_UNUSABLE',
      exitCode: 2,
      message: `store broken of plugin odd cannot be used: ${reason}`,
    });
  });

  it('given a store that is no factory, when it is registered, then its plugin is refused', async () => {
    const error = await refusal(open('', (ship) => ship.store('ready', new MemoryStore() as never)));
    expect(error.message).toBe('odd is not a plugin of ship: store ready is not a function that makes one');
  });
});
