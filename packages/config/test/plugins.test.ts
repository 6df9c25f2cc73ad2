import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MemoryStore, type ShipError } from '@ship/core';
import type { Kernel } from '@ship/core/kernel';
import { temporaryFolder } from '@ship/testing';
import { describe, expect, it } from 'vitest';
import { type BuiltinPlugins, openKernel } from '../src/index.js';

const GOOD = `export default { name: 'NAME', ship: '^1', apply() {} };`;
const named = (name: string, more = '') => GOOD.replace('NAME', name).replace('apply', `${more} apply`);

/** Opens a kernel whose config lists plugins, in a folder with their files. */
function open(
  plugins: string,
  files: Record<string, string> = {},
  builtins: BuiltinPlugins = {},
  defaults: string[] = [],
): Promise<Kernel> {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries({ 'ship.yaml': `version: 1\nproject: test\nplugins: ${plugins}\n`, ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return openKernel({
    cwd: folder,
    env: {},
    store: new MemoryStore(),
    builtins,
    defaults,
    importModule: (url) => import(/* @vite-ignore */ url),
  });
}
const names = async (kernel: Promise<Kernel>) => (await kernel).registry.plugins.map(({ name }) => name);
const refused = (plugins: string, files?: Record<string, string>, builtins?: BuiltinPlugins): Promise<ShipError> =>
  open(plugins, files, builtins).then(
    () => {
      throw new Error('it was accepted');
    },
    (error: ShipError) => error,
  );
const builtin = (name: string): BuiltinPlugins => ({ [name]: async () => ({ default: { name, ship: '^1', apply() {} } }) });

describe('plugins', () => {
  it('given a path, a package, short names of packages and CommonJS, when they are listed, then all are loaded in their order', async () => {
    const manifest = (main: string) => JSON.stringify({ name: 'x', version: '2.3.4', exports: `./${main}` });
    const kernel = open('[./own.mjs, tickets, "@acme/ship", ./old.cjs, ./compiled.cjs]', {
      'own.mjs': named('own'),
      'node_modules/ship-plugin-tickets/package.json': manifest('index.mjs'),
      'node_modules/ship-plugin-tickets/index.mjs': named('tickets'),
      'node_modules/@acme/ship/package.json': manifest('main.mjs'),
      'node_modules/@acme/ship/main.mjs': named('acme'),
      'old.cjs': `module.exports = { name: 'old', ship: '1', apply() {} };`,
      'compiled.cjs': `exports.__esModule = true; exports.default = { name: 'compiled', ship: '>=1', apply() {} };`,
    });
    expect(await names(kernel)).toEqual(['own', 'tickets', 'acme', 'old', 'compiled']);
    expect((await kernel).registry.plugins[1]).toMatchObject({ version: '2.3.4' });
  });

  it.each<[string, string, Record<string, string>, string, string]>([
    ['that is missing', '[./nope.mjs]', {}, 'SHIP_PLUGIN_NOT_FOUND', 'nope.mjs'],
    ['whose package is missing', '[nope]', {}, 'SHIP_PLUGIN_NOT_FOUND', '@ship/plugin-nope, ship-plugin-nope, nope'],
    [
      'for another API',
      '[./a.mjs]',
      { 'a.mjs': named('a').replace('^1', '^2') },
      'SHIP_PLUGIN_API',
      'plugin a is for ship "^2", and this is API 1',
    ],
    ['for a range that is none', '[./a.mjs]', { 'a.mjs': named('a').replace('^1', 'latest') }, 'SHIP_PLUGIN_API', '"latest"'],
    ['without a default export', '[./a.mjs]', { 'a.mjs': 'export const x = 1;' }, 'SHIP_PLUGIN_CONTRACT', 'it has no default export'],
    [
      'that is a function',
      '[./a.mjs]',
      { 'a.mjs': 'export default () => {};' },
      'SHIP_PLUGIN_CONTRACT',
      'its default export is a function',
    ],
    ['that is null', '[./a.mjs]', { 'a.mjs': 'export default null;' }, 'SHIP_PLUGIN_CONTRACT', 'null'],
    ['without apply', '[./a.mjs]', { 'a.mjs': `export default { name: 'a', ship: '^1' };` }, 'SHIP_PLUGIN_CONTRACT', 'it has no apply()'],
    ['with a name that is none', '[./a.mjs]', { 'a.mjs': named('../a') }, 'SHIP_PLUGIN_CONTRACT', 'its name is "../a"'],
    ['with a mistake in its code', '[./a.mjs]', { 'a.mjs': 'export default {;' }, 'SHIP_PLUGIN_FAILED', 'a.mjs cannot be loaded'],
    ['that throws when it is imported', '[./a.mjs]', { 'a.mjs': `throw new Error('no licence');` }, 'SHIP_PLUGIN_FAILED', 'no licence'],
    [
      'that throws in apply',
      '[./a.mjs]',
      { 'a.mjs': `export default { name: 'a', ship: '^1', apply() { throw new Error('boom'); } };` },
      'SHIP_PLUGIN_FAILED',
      'plugin a cannot be loaded: boom',
    ],
    [
      'that rejects in apply',
      '[./a.mjs]',
      { 'a.mjs': `export default { name: 'a', ship: '^1', apply: async () => { throw new Error('boom'); } };` },
      'SHIP_PLUGIN_FAILED',
      'boom',
    ],
    [
      'that throws a text',
      '[./a.mjs]',
      { 'a.mjs': `export default { name: 'a', ship: '^1', apply() { throw 'just text'; } };` },
      'SHIP_PLUGIN_FAILED',
      'just text',
    ],
    [
      'with an action without run',
      '[./a.mjs]',
      { 'a.mjs': `export default { name: 'a', ship: '^1', apply: (ship) => ship.action('x', {}) };` },
      'SHIP_PLUGIN_CONTRACT',
      'action x has no run()',
    ],
    [
      'with an action whose name is none',
      '[./a.mjs]',
      { 'a.mjs': `export default { name: 'a', ship: '^1', apply: (ship) => ship.action('x/y', { run() {} }) };` },
      'SHIP_PLUGIN_CONTRACT',
      '"x/y" is not a name',
    ],
    [
      'with an action that is undefined',
      '[./a.mjs]',
      { 'a.mjs': `export default { name: 'a', ship: '^1', apply: (ship) => ship.action('x') };` },
      'SHIP_PLUGIN_CONTRACT',
      'action x has no run()',
    ],
    ['with options it does not take', '[{ ./a.mjs: { x: 1 } }]', { 'a.mjs': named('a') }, 'SHIP_PLUGIN_OPTIONS', 'unknown key "x"'],
    [
      'that requires one that is not on',
      '[./a.mjs]',
      { 'a.mjs': named('a', `requires: ['b'],`) },
      'SHIP_PLUGIN_REQUIRES',
      'plugin a requires plugin b',
    ],
    ['whose name is taken', '[./a.mjs, ./b.mjs]', { 'a.mjs': named('a'), 'b.mjs': named('a') }, 'SHIP_PLUGIN_NAME_TAKEN', './b.mjs'],
  ])(
    'given a plugin %s, when the kernel opens, then it is refused with its code, its place and the reason',
    async (_, plugins, files, code, told) => {
      const error = await refused(plugins, files);
      expect(error).toMatchObject({ code, exitCode: 2 });
      expect(error.message).toContain(told);
    },
  );

  it('given options with a key that is nearly right and one of the wrong type, when the kernel opens, then both are told, with the nearest key', async () => {
    const options = `options: { type: 'object', properties: { channel: { type: 'string' }, port: { type: 'integer' } }, additionalProperties: false },`;
    const error = await refused('[{ ./a.mjs: { chanel: x, port: y } }]', { 'a.mjs': named('a', options) });
    expect(error).toMatchObject({ code: 'SHIP_PLUGIN_OPTIONS', hint: 'Did you mean `channel`?' });
    expect(error.message).toMatch(/unknown key "chanel"; .*"y" is not a whole number/);
    expect(error.at).toMatchObject({ line: 3 });
  });

  it('given several mistakes, when the kernel opens, then all are told at once', async () => {
    const error = await refused('[./nope.mjs, ./a.mjs, ./b.mjs]', {
      'a.mjs': 'export default 1;',
      'b.mjs': named('b', `requires: ['c'],`),
    });
    expect(error.code).toBe('SHIP_PLUGINS_INVALID');
    expect(error.errors.map(({ code }) => code).sort()).toEqual(['SHIP_PLUGIN_CONTRACT', 'SHIP_PLUGIN_NOT_FOUND', 'SHIP_PLUGIN_REQUIRES']);
  });

  it('given plugins that require each other, when the kernel opens, then the whole cycle is shown', async () => {
    const files = {
      'a.mjs': named('a', `requires: ['b'],`),
      'b.mjs': named('b', `requires: ['c'],`),
      'c.mjs': named('c', `requires: ['a'],`),
    };
    const error = await refused('[./a.mjs, ./b.mjs, ./c.mjs]', files);
    expect([error, ...error.errors].map(({ message }) => message).join()).toContain('a -> b -> c -> a');
  });

  it('given a plugin that requires a later one, when the kernel opens, then the later one is applied first', async () => {
    expect(await names(open('[./a.mjs, ./b.mjs]', { 'a.mjs': named('a', `requires: ['b'],`), 'b.mjs': named('b') }))).toEqual(['b', 'a']);
  });

  it('given two plugins that bring one check, when the kernel opens, then the second is refused, and both are named', async () => {
    const bringing = (name: string) =>
      `export default { name: '${name}', ship: '^1', apply: (ship) => ship.check('probe', { input: {}, run() {} }) };`;
    expect(await refused('[./a.mjs, ./b.mjs]', { 'a.mjs': bringing('a'), 'b.mjs': bringing('b') })).toMatchObject({
      code: 'SHIP_PLUGIN_NAME_TAKEN',
      message: 'plugin b brings check probe, which plugin a has brought already',
    });
  });

  it('given default plugins, when nothing is listed they are on; switched off they are not; listed they are on once', async () => {
    const builtins = { ...builtin('shell'), ...builtin('git'), ...builtin('other') };
    const opened = (plugins: string) => names(open(plugins, {}, builtins, ['shell', 'git']));
    expect(await opened('[]')).toEqual(['shell', 'git']);
    expect(await opened('[{ git: false }, other]')).toEqual(['shell', 'other']);
    expect((await opened('[shell]')).sort()).toEqual(['git', 'shell']);
  });

  it('given options, when the plugin is applied, then it is given them frozen, with its own scope', async () => {
    const kernel = await open('[{ ./a.mjs: { port: 1 } }]', {
      'a.mjs': named('a', `options: { type: 'object', properties: { port: {} } },`).replace(
        'apply() {}',
        `apply(ship, options) { ship.action('seen', { input: { frozen: Object.isFrozen(options), port: options.port, name: ship.name, project: ship.project }, run() {} }); }`,
      ),
    });
    expect(kernel.registry.actions.get('a/seen')!.input).toEqual({ frozen: true, port: 1, name: 'a', project: 'test' });
  });
});
