import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { freePort, hasProgram } from '../services/started.js';
import { ROOT, runProgram, temporaryFolder } from '../support/ship.js';

/** This Node, and the newest LTS where `test/on-newest-lts.sh` has brought it. */
const NODES = [process.execPath, join(ROOT, 'node_modules/.cache/newest-lts/node_modules/node/bin/node')].filter((path) =>
  existsSync(path),
);

/** The folders of all packages. */
const FOLDERS = ['packages', 'plugins'].flatMap((each) =>
  readdirSync(join(ROOT, each))
    .filter((name) => existsSync(join(ROOT, each, name, 'package.json')))
    .map((name) => `${each}/${name}`),
);

const packed = mkdtempSync(join(tmpdir(), 'ship-packed-'));
let tarballs: string[] = [];
const tarball = (name: string) => join(packed, tarballs.find((each) => new RegExp(`^ship-${name}-\\d`).test(each))!);

beforeAll(() => {
  execFileSync('bash', [join(ROOT, 'packages/pack.sh'), packed], { stdio: 'pipe' });
  tarballs = readdirSync(packed).sort();
}, 120_000);
afterAll(() => rmSync(packed, { recursive: true, force: true }));

const filesOf = (file: string) =>
  execFileSync('tar', ['tzf', join(packed, file)], { encoding: 'utf8' })
    .trim()
    .split('\n');

it('given all packages, when they are packed, then each has its licence, readme and types, and none a source map', () => {
  const workspaces = FOLDERS.map((folder) => folder.replace('packages/', '').replace('plugins/', 'plugin-'));
  expect(tarballs.map((name) => name.replace(/^ship-(.*)-\d.*$/, '$1'))).toEqual(workspaces.sort());
  for (const each of tarballs) {
    const files = filesOf(each);
    expect(files, each).toEqual(expect.arrayContaining(['package/LICENSE', 'package/README.md', 'package/package.json']));
    const own = files.filter((name) => !name.includes('node_modules/') || name.includes('node_modules/@ship/'));
    expect(
      own.filter((name) => /\.map$|\.tsbuildinfo$|\/src\/|\/test\//.test(name)),
      each,
    ).toEqual([]);
    if (!each.startsWith('ship-cli-')) expect(files, each).toContain('package/dist/index.d.ts');
  }
  const command = filesOf(tarballs.find((name) => name.startsWith('ship-cli-'))!);
  for (const name of ['config', 'report', 'snapshot']) expect(command).toContain(`package/dist/schemas/${name}.schema.json`);
});

it('given the manifests, when they are read, then they say what a registry needs, and what is exported is there', () => {
  for (const folder of FOLDERS) {
    const manifest = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
    expect(manifest).toMatchObject({ license: 'MIT', publishConfig: { access: 'public' }, repository: { directory: folder } });
    expect(readFileSync(join(ROOT, folder, 'LICENSE'), 'utf8')).toBe(readFileSync(join(ROOT, 'LICENSE'), 'utf8'));
    const exported = Object.values<string | Record<string, string>>(manifest.exports).flatMap(
      (each) => Object.values(Object(each)) as string[],
    );
    for (const file of exported.filter((each) => each.startsWith('./') && !each.includes('*')))
      expect(existsSync(join(ROOT, folder, file)), file).toBe(true);
  }
});

const SERVER = `import { createServer } from 'node:http';
createServer((request, response) => {
  if (request.url === '/healthz' && process.env.SHIP_VERSION === '2.0.0') response.statusCode = 200;
  response.end(request.url === '/healthz' ? 'ok' : 'shop ' + process.env.SHIP_VERSION);
}).listen(process.env.PORT, process.env.HOST);
`;

const PLUGIN = `import { rm, writeFile } from 'node:fs/promises';
import { definePlugin } from '@ship/core';
export default definePlugin({
  name: 'note',
  ship: '^1',
  apply: (ship) => ship.action('write', { run: ({ dir }) => writeFile(dir + '/note', 'x'), restore: ({ dir }) => rm(dir + '/note', { force: true }) }),
});
`;

describe.each(NODES)('with %s', (node) => {
  const env = {
    PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
    npm_config_cache: join(packed, 'no-cache'),
    npm_config_offline: 'true',
  };

  it('given an empty folder and the tarball of the command alone, when a newcomer follows the README, then it is deployed, broken, and recovered', async () => {
    const cwd = temporaryFolder();
    const port = await freePort();
    const manifest = (version: string) =>
      writeFileSync(
        join(cwd, 'package.json'),
        JSON.stringify({ name: 'shop', version, type: 'module', scripts: { start: 'node server.js' } }),
      );
    const live = async () => (await fetch(`http://127.0.0.1:${port}/`)).text();
    manifest('1.0.0');
    writeFileSync(join(cwd, 'server.js'), SERVER);
    expect(await runProgram(['npm', 'install', '--no-save', '--no-audit', '--no-fund', tarball('cli')], { cwd, env })).toMatchObject({
      code: 0,
    });
    const ship = (...args: string[]) => runProgram(['npx', 'ship', ...args], { cwd, env });
    onTestFinished(async () => {
      await ship('release', 'remove');
    });

    expect(await ship('init')).toMatchObject({ code: 0, stderr: '' });
    const config = join(cwd, 'ship.yaml');
    const written = readFileSync(config, 'utf8')
      .replaceAll('8081', String(port))
      .replace('npm install', 'true')
      .replace('http: /healthz }', 'http: /healthz, timeout: 3s }');
    const schema = /^# yaml-language-server: \$schema=(node_modules\/\S+)\n/.exec(written)![1]!;
    expect(JSON.parse(readFileSync(join(cwd, schema), 'utf8')).$id).toBe('urn:ship:schema:config:1');
    writeFileSync(config, written);
    expect(await ship('validate')).toMatchObject({ code: 0 });
    expect(await ship()).toMatchObject({ code: 0 });
    expect(await live()).toBe('shop 1.0.0');

    manifest('2.0.0');
    writeFileSync(join(cwd, 'server.js'), SERVER.replace('statusCode = 200', 'statusCode = 500'));
    expect(await ship('--auto-rollback')).toMatchObject({ code: 1 });
    expect(await live()).toBe('shop 1.0.0');

    manifest('3.0.0');
    writeFileSync(join(cwd, 'server.js'), SERVER);
    writeFileSync(join(cwd, 'note.mjs'), PLUGIN);
    writeFileSync(
      config,
      written
        .replace('plugins: [release]', 'plugins: [release, ./note.mjs]')
        .replace('steps:', 'steps:\n  - { id: note, uses: note/write }'),
    );
    expect(await ship()).toMatchObject({ code: 0 });
    expect([await live(), existsSync(join(cwd, 'note'))]).toEqual(['shop 3.0.0', true]);
    expect(await ship('rollback')).toMatchObject({ code: 0 });
    expect([await live(), existsSync(join(cwd, 'note'))]).toEqual(['shop 1.0.0', false]);
  }, 180_000);

  it('given a prefix, when the command is installed globally there, then it runs, and the schema of what it writes is found', async () => {
    const [prefix, cwd] = [temporaryFolder(), temporaryFolder()];
    const made = await runProgram(['npm', 'install', '-g', '--prefix', prefix, '--no-audit', '--no-fund', tarball('cli')], { cwd, env });
    expect(made).toMatchObject({ code: 0 });
    const ship = (...args: string[]) => runProgram([join(prefix, 'bin/ship'), ...args], { cwd, env });
    expect(await ship('init')).toMatchObject({ code: 0 });
    const [, schema] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(readFileSync(join(cwd, 'ship.yaml'), 'utf8'))!;
    expect(existsSync(fileURLToPath(schema!))).toBe(true);
    expect(await ship('--auto-rollback')).toMatchObject({ code: 0 });
  }, 60_000);

  it.skipIf(!hasProgram('terraform'))(
    'given the command alone, when a configuration of Terraform is looked at, then it has the parser for it',
    async () => {
      const cwd = temporaryFolder();
      const made = await runProgram(['npm', 'install', '--no-save', '--no-audit', '--no-fund', tarball('cli')], { cwd, env });
      expect(made).toMatchObject({ code: 0 });
      mkdirSync(join(cwd, 'infra'));
      writeFileSync(join(cwd, 'infra/main.tf'), 'variable "size" {}\n');
      writeFileSync(
        join(cwd, 'ship.yaml'),
        'version: 1\nproject: shop\nplugins: [{ terraform: { dir: infra } }]\nsteps: [{ id: infra, uses: terraform/apply }]\n',
      );
      const { code, stderr } = await runProgram(['npx', 'ship', 'validate'], { cwd, env });
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('main.tf:1: the variable size has no value') });
    },
    60_000,
  );

  it('given a project of a plugin with all packages, when its modules are imported, then each is there', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'empty'));
    writeFileSync(join(cwd, 'package.json'), '{ "private": true }');
    const all = tarballs.filter((name) => !name.startsWith('ship-testing')).map((name) => join(packed, name));
    const online = { PATH: env.PATH, npm_config_prefer_offline: 'true' };
    expect(await runProgram(['npm', 'install', '--no-audit', '--no-fund', ...all], { cwd, env: online })).toMatchObject({ code: 0 });
    const names = readdirSync(join(cwd, 'node_modules/@ship')).filter((name) => name !== 'cli');
    writeFileSync(join(cwd, 'all.mjs'), names.map((name) => `import '@ship/${name}';`).join('\n'));
    expect(await runProgram([node, 'all.mjs'], { cwd })).toMatchObject({ code: 0, stderr: '' });
    expect(names.length).toBe(tarballs.length - 2);
  }, 120_000);
});
