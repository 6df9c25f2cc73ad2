import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Ended, ship, temporaryFolder } from '../support/ship.js';
import { attemptsIn } from './figures.js';

const { attempt } = attemptsIn('configs and plugins of somebody else');

/** A user that no machine has. */
const SOMEBODY = 4321;
const SKIP = process.getuid?.() !== 0 && process.env.SHIP_TEST_ALL !== '1';

beforeAll(() => {
  if (SKIP) process.stderr.write('skipped: files of another user need root (SHIP_TEST_ALL=1 makes this an error)\n');
});

const write = (name: string) => `import { appendFileSync } from 'node:fs'; appendFileSync(${JSON.stringify(name)}, 'executed\\n');`;
const MODULE = (marker: string) => `${write(marker)} export default { version: 1, project: 'p', steps: [] };`;
const PLUGIN = (marker: string) => `${write(marker)} export default { name: 'evil', ship: '^1', apply() {} };`;
const NAMES_PLUGIN = 'version: 1\nproject: p\nplugins: [./evil.mjs]\nsteps: [{ id: a, run: "true" }]\n';

/** Files in a folder that others can get to, a folder of one's own below it, and what is written when something was executed. */
function given(files: (marker: string) => Record<string, string>): {
  dir: string;
  cwd: string;
  marker: string;
  env: Record<string, string>;
} {
  const dir = realpathSync(temporaryFolder());
  chmodSync(dir, 0o755);
  const marker = join(dir, 'executed');
  for (const [name, text] of Object.entries(files(marker))) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  if (existsSync(join(dir, '.speckit'))) chmodSync(join(dir, '.speckit'), 0o700);
  const cwd = join(dir, 'mine/below');
  mkdirSync(cwd, { recursive: true });
  return { dir, cwd, marker, env: { XDG_CONFIG_HOME: join(dir, 'home') } };
}

const theirs = (path: string) => chownSync(path, SOMEBODY, SOMEBODY);
const forAll = (path: string) => chmodSync(path, 0o777);

/** What reads a config. */
const READING = [
  ['validate'],
  ['status'],
  ['history'],
  ['doctor'],
  ['plugins'],
  ['--dry-run'],
  ['--list-snapshots'],
  ['lock', 'status'],
  ['state'],
  ['decide', '--replay', 'x'],
  ['snapshots', 'list'],
  ['a-verb-that-is-not-known'],
  ['rollback'],
  ['recover'],
  ['--yes'],
];

/** What needs none. */
const NOT_READING = [
  ['--help'],
  ['-h'],
  ['--version'],
  ['-V'],
  ['help'],
  ['explain', 'SHIP_LEASE_HELD'],
  ['explain', 'SHIP_NOTHING'],
  ['trust', '--list'],
  ['trust', '--nonsense'],
  ['help', '--keep'],
  ['--keep', '--help'],
  ['-nh', '--keep'],
  ['explain', 'x', 'y'],
  ['init', 'x'],
  ['decide', '--context', '/nowhere'],
  ['completion', 'bash'],
];

interface Foreign {
  readonly what: string;
  readonly files: (marker: string) => Record<string, string>;
  readonly spoil: (dir: string) => void;
}

const FOREIGN: readonly Foreign[] = [
  { what: 'a module above', files: (marker) => ({ 'ship.mjs': MODULE(marker) }), spoil: (dir) => theirs(join(dir, 'ship.mjs')) },
  { what: 'a folder above', files: (marker) => ({ 'ship.mjs': MODULE(marker) }), spoil: theirs },
  { what: 'a folder between', files: (marker) => ({ 'ship.mjs': MODULE(marker) }), spoil: (dir) => theirs(join(dir, 'mine')) },
  {
    what: 'a module that all may write',
    files: (marker) => ({ 'ship.mjs': MODULE(marker) }),
    spoil: (dir) => forAll(join(dir, 'ship.mjs')),
  },
  { what: 'a folder that all may write', files: (marker) => ({ 'ship.mjs': MODULE(marker) }), spoil: forAll },
  {
    what: 'a config that names a plugin',
    files: (marker) => ({ 'ship.yaml': NAMES_PLUGIN, 'evil.mjs': PLUGIN(marker) }),
    spoil: (dir) => theirs(join(dir, 'ship.yaml')),
  },
  {
    what: 'a plugin',
    files: (marker) => ({ 'ship.yaml': NAMES_PLUGIN, 'evil.mjs': PLUGIN(marker) }),
    spoil: (dir) => theirs(join(dir, 'evil.mjs')),
  },
  {
    what: 'the folder of a plugin',
    files: (marker) => ({ 'ship.yaml': NAMES_PLUGIN.replace('./', './lib/'), 'lib/evil.mjs': PLUGIN(marker) }),
    spoil: (dir) => forAll(join(dir, 'lib')),
  },
  {
    what: 'a package above',
    files: (marker) => ({
      'mine/ship.yaml': NAMES_PLUGIN.replace('./evil.mjs', 'x'),
      'node_modules/ship-plugin-x/index.mjs': PLUGIN(marker),
      'node_modules/ship-plugin-x/package.json': '{"name":"ship-plugin-x","version":"1.0.0","exports":"./index.mjs"}',
    }),
    spoil: (dir) => theirs(join(dir, 'node_modules')),
  },
  {
    what: 'the folder of the state',
    files: (marker) => ({ '.speckit/ship.yaml': NAMES_PLUGIN, 'evil.mjs': PLUGIN(marker), '.speckit/evil.mjs': PLUGIN(marker) }),
    spoil: (dir) => theirs(join(dir, '.speckit')),
  },
  {
    what: 'a package.json with a config in it',
    files: (marker) => ({
      'package.json': '{"ship":{"version":1,"project":"p","plugins":["./evil.mjs"],"steps":[]}}',
      'evil.mjs': PLUGIN(marker),
    }),
    spoil: (dir) => theirs(join(dir, 'package.json')),
  },
];

describe.skipIf(SKIP)('given what belongs to somebody else, or others may write', () => {
  it.each(FOREIGN)('when it is $what, then nothing of it is executed, whatever is asked', async ({ files, spoil }) => {
    const { dir, cwd, marker, env } = given(files);
    expect((await ship(['plugins'], { cwd, env })).code, 'it is read while it is mine').toBe(0);
    expect(existsSync(marker)).toBe(true);
    rmSync(marker);
    spoil(dir);
    await Promise.all(
      READING.map((args) =>
        attempt(async () => {
          const { code, stderr } = await ship(args, { cwd, env });
          expect([code, stderr, existsSync(marker)], args.join(' ')).toEqual([2, expect.stringContaining('(SHIP_CONFIG_FOREIGN)'), false]);
        }),
      ),
    );
  });

  it('when it is trusted as the error says, then it is read, until it is trusted no more', async () => {
    const { dir, cwd, marker, env } = given((name) => ({ 'ship.mjs': MODULE(name) }));
    theirs(dir);
    theirs(join(dir, 'ship.mjs'));
    await attempt(async () => {
      const refused = await ship(['validate'], { cwd, env });
      expect(refused.stderr).toContain(`${dir} belongs to uid ${SOMEBODY}`);
      const [, path] = /`ship trust (\S+)`/.exec(refused.stderr)!;
      expect((await ship(['validate'], { cwd, env: { ...env, SHIP_TRUST: path! } })).code).toBe(0);
      expect((await ship(['trust', path!], { cwd, env })).code).toBe(0);
      expect((await ship(['trust', '--list'], { cwd, env })).stdout).toBe(`${dir}\n`);
      expect((await ship(['validate'], { cwd, env })).code).toBe(0);
      rmSync(marker);
      expect((await ship(['trust', '--remove', path!], { cwd, env })).code).toBe(0);
      expect((await ship(['validate'], { cwd, env })).code).toBe(2);
      expect((await ship(['trust'], { cwd, env })).stdout).toContain(`${dir} is trusted`);
      expect(existsSync(marker)).toBe(false);
      expect((await ship(['validate'], { cwd, env })).code).toBe(0);
    });
  });
});

describe('given a config of one’s own', () => {
  it('when a command needs none, then no module and no plugin is executed, not for a flag or a secret in it either', async () => {
    for (const files of [
      (marker: string): Record<string, string> => ({ 'ship.mjs': MODULE(marker) }),
      (marker: string): Record<string, string> => ({ 'ship.yaml': NAMES_PLUGIN, 'evil.mjs': PLUGIN(marker) }),
    ]) {
      const { cwd, marker, env } = given(files);
      for (const args of NOT_READING)
        await attempt(async () => {
          const { code } = await ship(args, { cwd, env });
          expect([[0, 2].includes(code!), existsSync(marker)], args.join(' ')).toEqual([true, false]);
        });
    }
  });

  const COMMANDS = `version: 1
project: p
plugins: [release, instant-rollback]
components:
  web:
    driver: release
    version: v1
    path: .
    run: echo run >> executed
    router: { command: { weights: "echo weights >> executed; echo {}", shift: echo shift >> executed, healthy: echo healthy >> executed } }
steps:
  - { id: a, run: echo act >> executed, when: { run: echo when >> executed }, capture: echo capture >> executed, probe: echo probe >> executed }
  - { id: web, uses: deploy, component: web }
verify: { smoke: [{ run: echo check >> executed }] }
`;
  it('when a command only reads, then no command of the config is started', async () => {
    const { dir, marker, env } = given(() => ({ 'ship.yaml': COMMANDS }));
    for (const args of READING.slice(0, 12))
      await attempt(async () => {
        await ship(args, { cwd: dir, env });
        expect(existsSync(marker), args.join(' ')).toBe(false);
      });
  });

  it('when a command that only reads has to start a program that the config names, then it says so, once', async () => {
    const { dir, marker, env } = given((name) => ({
      'ship.yaml':
        'version: 1\nproject: p\nplugins: [{ terraform: { dir: infra, binary: ./tool.sh } }]\nsteps: [{ id: a, uses: terraform/apply }]\n',
      'infra/main.tf': 'terraform {}',
      'tool.sh': `#!/bin/sh\necho "$1" >> ${name}\necho "Terraform v1.9.0"\n`,
    }));
    chmodSync(join(dir, 'tool.sh'), 0o755);
    const said = ({ stdout }: Ended) => stdout.split('\n').filter((line) => line.startsWith('- starts '));
    for (const args of [['validate'], ['doctor'], ['--dry-run']])
      await attempt(async () => {
        expect(said(await ship(args, { cwd: dir, env })), args.join(' ')).toEqual([`- starts ${join(dir, 'tool.sh')}`]);
        expect(readFileSync(marker, 'utf8')).toContain('version');
      });
    rmSync(marker);
    for (const args of [
      ['status'],
      ['history'],
      ['plugins'],
      ['lock', 'status'],
      ['state'],
      ['--list-snapshots'],
      ['decide', '--replay', 'x'],
    ])
      await attempt(async () => {
        await ship(args, { cwd: dir, env });
        expect(existsSync(marker), args.join(' ')).toBe(false);
      });
  });
});
