import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hasProgram } from './services/started.js';
import { documentOf } from './support/report.js';
import { ship, shipJson, temporaryFolder } from './support/ship.js';

describe('init', () => {
  it.each<[string, Record<string, string>, string[]]>([
    ['an empty folder', {}, ['link']],
    [
      'a Node project',
      {
        'package.json': '{ "name": "@scope/My.App", "version": "1.10.0", "scripts": { "build": "x", "test": "y", "start": "node ." } }',
        'package-lock.json': '{}',
      },
      ['install', 'build', 'test', 'deploy'],
    ],
    [
      'a project with an odd name',
      { 'package.json': '{ "name": "true", "scripts": { "start": "echo \\"hi\\" # \'x\'" } }' },
      ['install', 'deploy'],
    ],
    ['a project whose name is a number', { 'package.json': '{ "name": "1.10", "scripts": { "start": "x" } }' }, ['install', 'deploy']],
    ['a broken manifest', { 'package.json': '{ nope' }, ['link']],
    ['a Go and Rust project', { 'go.mod': '', 'Cargo.toml': '' }, ['build-go', 'test-go', 'build-cargo', 'test-cargo']],
    ['a manifest with nonsense in it', { 'package.json': '{ "name": 5, "scripts": null }' }, ['install']],
    ['a Procfile', { Procfile: 'web: ./serve --port $PORT "a b"\n' }, ['deploy']],
  ])('given %s, when `ship init` has written its config, then it is valid, and has the steps', async (_, files, steps) => {
    const cwd = temporaryFolder();
    for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
    const made = await ship(['init'], { cwd });
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('ship.yaml') });
    const valid = await ship(['validate', '--json'], { cwd });
    expect(documentOf(valid)).toMatchObject({ exit_code: 0 });
    expect((await shipJson(['--dry-run'], { cwd })).report.plan!.map(({ id }) => id)).toEqual(steps);
    expect(readFileSync(join(cwd, 'ship.yaml'), 'utf8')).toContain('default_environment: staging');
  });

  it.each([
    ['pnpm-lock.yaml', '', ['pnpm install --frozen-lockfile', 'pnpm run build', 'pnpm start']],
    ['yarn.lock', '# yarn lockfile v1\n', ['yarn install --frozen-lockfile', 'yarn run build', 'yarn start']],
    ['yarn.lock', '__metadata:\n  version: 8\n', ['yarn install --immutable', 'yarn run build', 'yarn start']],
    ['package-lock.json', '{}', ['npm ci', 'npm run build', 'npm start']],
    ['.npmrc', '', ['npm install', 'npm run build', 'npm start']],
  ])('given a %s with %j, when `ship init` runs, then the commands are those of its package manager', async (file, text, commands) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'package.json'), '{ "name": "shop", "scripts": { "build": "x", "start": "node ." } }');
    writeFileSync(join(cwd, file), text);
    expect((await ship(['init'], { cwd })).code).toBe(0);
    const written = readFileSync(join(cwd, 'ship.yaml'), 'utf8');
    for (const command of commands) expect(written).toContain(`run: "${command}"`);
  });

  it.skipIf(!hasProgram('terraform'))(
    'given a Terraform configuration and a service, when `ship init` has written its config, then infrastructure is its first step, and goes back with the rest',
    async () => {
      const cwd = temporaryFolder();
      mkdirSync(join(cwd, 'infra'));
      writeFileSync(join(cwd, 'infra/main.tf'), 'resource "terraform_data" "one" {}\n');
      writeFileSync(join(cwd, 'Procfile'), 'web: ./serve\n');
      expect((await ship(['init'], { cwd })).stdout).toContain('for the Terraform configuration in infra');
      const { report } = await shipJson(['--dry-run'], { cwd });
      expect(report.plan!.map(({ id, changes }) => [id, changes[0]?.what])).toContainEqual(['infra', 'terraform_data.one']);
    },
  );

  const OBJECT = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\n';
  const KUSTOMIZATION = 'resources: [web.yaml]\n';

  it.each<[string, Record<string, string>, string, string[]]>([
    ['a chart in this folder', { 'Chart.yaml': '' }, 'the Helm chart in this folder', ['driver: helm', 'chart: "./"']],
    [
      'a chart beside a service, with values of environments',
      { 'package.json': '{ "scripts": { "start": "x" } }', 'charts/api/Chart.yaml': '', 'charts/api/values-staging.yaml': '' },
      'the Helm chart in charts/api',
      ['chart: "./charts/api"', 'values: ["./charts/api/values-staging.yaml"]', 'the start script of package.json is not used here'],
    ],
    ['manifests', { 'k8s/web.yaml': OBJECT }, 'the manifests of Kubernetes in k8s', ['driver: kubectl', 'manifests: "./k8s"']],
    [
      'manifests in JSON',
      { 'deploy/web.json': '{ "apiVersion": "v1",\n "kind": "Service" }' },
      'the manifests of Kubernetes in deploy',
      [],
    ],
    ['one file of them', { 'app.yaml': OBJECT }, 'the manifests of Kubernetes in app.yaml', ['manifests: "./app.yaml"']],
    ['a kustomization', { 'k8s/kustomization.yaml': KUSTOMIZATION, 'k8s/web.yaml': OBJECT }, 'the kustomization in k8s', []],
    [
      'kustomizations for each environment',
      { 'k8s/overlays/staging/kustomization.yaml': '', 'k8s/overlays/production/kustomization.yaml': '' },
      'the kustomizations in ./k8s/overlays',
      ['manifests: "./k8s/overlays/staging"', 'manifests: "./k8s/overlays/production"'],
    ],
  ])(
    'given %s, when `ship init` has written its config, then it is valid, and names the context that is current',
    async (_, files, what, said) => {
      const cwd = temporaryFolder();
      const env = { KUBECONFIG: join(temporaryFolder(), 'config') };
      writeFileSync(env.KUBECONFIG, 'apiVersion: v1\ncurrent-context: "jo@kind: dev"\n');
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(join(cwd, name, '..'), { recursive: true });
        writeFileSync(join(cwd, name), text);
      }
      expect((await ship(['init'], { cwd, env })).stdout).toContain(`for ${what}`);
      const written = readFileSync(join(cwd, 'ship.yaml'), 'utf8');
      for (const each of ['context: "jo@kind: dev" #', ...said]) expect(written).toContain(each);
      for (const environment of ['staging', 'production'])
        expect(await ship(['validate', '--env', environment], { cwd, env })).toMatchObject({ code: 0, stderr: '' });
    },
  );

  it.each([
    ['there is no kubeconfig', undefined],
    ['none is current', 'apiVersion: v1\ncurrent-context: ""\n'],
    ['the kubeconfig is no YAML', '{ a: ['],
  ])('given manifests, and %s, when it is deployed, then what is missing is said, and where it belongs', async (_, kubeconfig) => {
    const cwd = temporaryFolder();
    const env = { KUBECONFIG: join(temporaryFolder(), 'config') };
    if (kubeconfig !== undefined) writeFileSync(env.KUBECONFIG, kubeconfig);
    mkdirSync(join(cwd, 'k8s'));
    writeFileSync(join(cwd, 'k8s/web.yaml'), OBJECT);
    expect((await ship(['init'], { cwd, env })).code).toBe(0);
    expect(readFileSync(join(cwd, 'ship.yaml'), 'utf8')).toContain('# TODO: name the context');
    expect((await ship(['validate'], { cwd, env })).code).toBe(0);
    const { report } = await shipJson([], { cwd, env });
    expect(report).toMatchObject({ exit_code: 2, errors: [{ code: 'SHIP_KUBE_WHERE' }] });
  });

  it.each(['ship.yaml', 'ship.yml', 'ship.json'])('given a %s, when `ship init` runs, then 2, and it is left as it is', async (name) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, name), 'mine');
    expect((await shipJson(['init'], { cwd })).report).toMatchObject({ exit_code: 2, errors: [{ code: 'SHIP_INIT_EXISTS' }] });
    expect(readdirSync(cwd)).toEqual([name]);
    expect(readFileSync(join(cwd, name), 'utf8')).toBe('mine');
  });

  it.each(['', '\n \n'])('given a ship.yaml with nothing in it (%j), when `ship init` runs, then it is filled', async (text) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'ship.yaml'), text);
    expect((await ship(['init'], { cwd })).code).toBe(0);
    expect((await ship(['validate'], { cwd })).code).toBe(0);
  });

  it('given the example of an empty folder, when it is deployed twice and fails the second time, then the link is as before', async () => {
    const cwd = temporaryFolder();
    const link = () => readlinkSync(join(cwd, 'published/staging/current'));
    await ship(['init'], { cwd });
    expect((await ship(['--auto-rollback'], { cwd })).code).toBe(0);
    const before = link();
    appendFileSync(join(cwd, 'ship.yaml'), '    - { run: "false" }\n');
    expect((await ship(['--auto-rollback'], { cwd })).code).toBe(1);
    expect(link()).toBe(before);
  });

  it('given a package of the command in the folder or above it, when `ship init` runs, then the first line names its schema', async () => {
    const cwd = temporaryFolder();
    const schemas = 'node_modules/@ship/cli/dist/schemas';
    mkdirSync(join(cwd, 'packages/web'), { recursive: true });
    const head = () => readFileSync(join(cwd, 'packages/web/ship.yaml'), 'utf8').split('\n')[0]!.split('=')[1]!;
    await ship(['init'], { cwd: join(cwd, 'packages/web') });
    expect(existsSync(fileURLToPath(head()))).toBe(true);
    rmSync(join(cwd, 'packages/web/ship.yaml'));
    mkdirSync(join(cwd, schemas), { recursive: true });
    writeFileSync(join(cwd, schemas, 'config.schema.json'), '{}');
    await ship(['init'], { cwd: join(cwd, 'packages/web') });
    expect(head()).toBe(`../../${schemas}/config.schema.json`);
  });
});
