import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../src/load.js';
import { readModule } from '../src/read.js';
import { failure, folder, HEAD, told } from './helper.js';

const JSON_CONFIG = '{ "version": 1, "project": "shop" }';
const MODULE = 'export default { version: 1, project: "shop" };';
const env = {};

describe('Given a config in one of its places', () => {
  test.each([
    ['ship.yaml', HEAD],
    ['ship.yml', HEAD],
    ['ship.json', JSON_CONFIG],
    ['ship.ts', MODULE],
    ['ship.mjs', MODULE],
    ['.shiprc', HEAD],
    ['.shiprc.yaml', HEAD],
    ['.shiprc.yml', HEAD],
    ['.shiprc.json', JSON_CONFIG],
    ['.speckit/ship.yaml', HEAD],
    ['package.json', `{ "name": "x", "ship": ${JSON_CONFIG} }`],
  ])('When it is %s, then it is found from a folder below', async (name, text) => {
    const dir = folder({ [name]: text, 'below/package.json': '{ "name": "below" }' });
    const cwd = join(dir, 'below', 'deep');
    mkdirSync(cwd);
    const { config } = await loadConfig({ cwd, env });
    expect([config.project, config.file]).toEqual(['shop', join(dir, name)]);
  });

  test('When there are two, then the first of the list wins', async () => {
    const cwd = folder({ 'ship.json': JSON_CONFIG, '.shiprc': `${HEAD}lane: docs\n`, 'package.json': '{}' });
    expect((await loadConfig({ cwd, env })).config.file).toBe(join(cwd, 'ship.json'));
  });

  test('When it is empty, then no other one is looked for', async () => {
    const cwd = folder({ 'ship.yml': '', '.shiprc': HEAD });
    expect((await failure(loadConfig({ cwd, env }))).errors.map(({ code }) => code)).toEqual(['SHIP_CONFIG_EMPTY']);
  });

  test('When a folder on the way may not be looked into, or is none, then it is passed over', async () => {
    const cwd = folder({ 'ship.yaml': HEAD, 'a/.speckit': '', 'a/b/.speckit/ship.yaml': HEAD });
    chmodSync(join(cwd, 'a/b/.speckit'), 0o000);
    onTestFinished(() => chmodSync(join(cwd, 'a/b/.speckit'), 0o700));
    const { config } = await loadConfig({ cwd: join(cwd, 'a'), env });
    expect(config.dir).toBe(cwd);
    // Root may look into every folder.
    if (process.getuid?.() !== 0) expect((await loadConfig({ cwd: join(cwd, 'a/b'), env })).config.dir).toBe(cwd);
  });

  test('When it is a part of package.json, then positions are those of the file', async () => {
    const cwd = folder({ 'package.json': '{\n  "ship": {\n    "version": 1,\n    "project": "shop",\n    "lane": "fast"\n  }\n}\n' });
    const error = await failure(loadConfig({ cwd, env }));
    expect(error.errors.map(told)).toEqual([
      'package.json:5:13 SHIP_CONFIG_VALUE lane: "fast" is not one of the values allowed here | Allowed: `docs`, `standard`, `heavy`.',
    ]);
    expect(error.message).toBe('package.json has a mistake');
  });
});

describe('Given a file that is named', () => {
  test('When it is there, then nothing else is read', async () => {
    const cwd = folder({ 'ship.yaml': 'broken: [', 'other/config.yaml': HEAD });
    expect((await loadConfig({ cwd, file: 'other/config.yaml', env })).config.dir).toBe(join(cwd, 'other'));
  });

  test('When it is missing, then that is told', async () => {
    expect(told(await failure(loadConfig({ cwd: folder(), file: 'none.yaml', env })))).toBe(
      'SHIP_CONFIG_NOT_FOUND The config none.yaml does not exist | Run `ship init` to make a ship.yaml, or name the file with `--config FILE`.',
    );
  });

  test('When it is a folder, then that is told', async () => {
    expect(told(await failure(loadConfig({ cwd: folder({ 'a/b': '' }), file: 'a', env })))).toBe(
      'SHIP_CONFIG_UNREADABLE The config a cannot be read: it is a folder | Name a readable YAML or JSON file, or a module, with `--config FILE`.',
    );
  });
});

describe('Given no config', () => {
  test('When one is looked for, then the folder is named', async () => {
    const cwd = folder();
    expect(told(await failure(loadConfig({ cwd, env })))).toBe(
      `SHIP_CONFIG_NOT_FOUND No config was found in ${cwd} or in a folder above it | Run \`ship init\` to make a ship.yaml, or name the file with \`--config FILE\`.`,
    );
  });
});

describe('Given a config that is a module', () => {
  const hint = 'A module config exports plain data: `export default { version: 1, project: ... }`.';
  const loop: Record<string, unknown> = {};
  loop.again = loop;

  test.each([
    [undefined, 'its default export is undefined'],
    [() => ({}), 'its default export is a function'],
    [{ a: [1n] }, 'a[0] is a bigint'],
    [{ a: new Date() }, 'a is an instance of a class'],
    [JSON.parse('{ "a": { "__proto__": {} } }'), 'a key of a may not be named `__proto__`'],
    [loop, 'it is nested more than 64 levels deep, or contains itself'],
  ])('When it exports %s, then that is told', async (exported, reason) => {
    const error = await failure(readModule('/x/ship.mjs', 'ship.mjs', async () => ({ default: exported })));
    expect(told(error)).toBe(`SHIP_CONFIG_MODULE_FAILED ship.mjs could not be loaded: ${reason} | ${hint}`);
  });

  test('When it throws, then the reason is told', async () => {
    const error = await failure(loadConfig({ cwd: folder({ 'ship.mjs': 'throw new Error("no luck");' }), env }));
    expect(told(error)).toBe(`SHIP_CONFIG_MODULE_FAILED ship.mjs could not be loaded: no luck | ${hint}`);
  });

  test('When Node cannot load TypeScript, then it is said what to do', async () => {
    const unknown = Object.assign(new TypeError('Unknown file extension ".ts"'), { code: 'ERR_UNKNOWN_FILE_EXTENSION' });
    const error = await failure(readModule('/x/ship.ts', 'ship.ts', () => Promise.reject(unknown)));
    expect(told(error)).toBe(
      `SHIP_CONFIG_TYPESCRIPT ship.ts is TypeScript, which Node ${process.versions.node} cannot load | Use Node 22.18 or newer, or rename the file to ship.mjs and take its types out.`,
    );
  });

  test('When it has a mistake, then it is told in the first line', async () => {
    const cwd = folder({ 'ship.mjs': 'export default { version: 1, project: "shop", lane: "fast" };' });
    expect((await failure(loadConfig({ cwd, env }))).errors[0]!.at).toEqual({ file: 'ship.mjs', line: 1, column: 1 });
  });
});
