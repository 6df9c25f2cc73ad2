import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { documentOf } from './support/report.js';
import { project, ship, shipJson, temporaryFolder } from './support/ship.js';

const HEAD = 'version: 1\nproject: shop\nenvironments: { staging: {}, production: {} }\ndefault_environment: staging\n';
const DEPLOY = `${HEAD}steps:\n  - { id: one, run: echo 1 > one, undo: rm -f one }\n`;
const ESCAPE = '\u001b';

const modes = (path: string): string[] => {
  const stat = statSync(path);
  const own = `${path} ${(stat.mode & 0o777).toString(8)}`;
  return stat.isDirectory() ? [own, ...readdirSync(path).flatMap((name) => modes(join(path, name)))] : [own];
};
const lines = ({ stdout }: { stdout: string }) => stdout.trim().split('\n');

describe('state', () => {
  it('given a run with output, a snapshot and a rollback, when the modes below .speckit are read, then files are 0600 and folders 0700', async () => {
    const cwd = project(
      `${DEPLOY}  - { id: two, run: "test ! -e fail && echo output" }\nverify: { smoke: [{ run: "echo ../../x", name: ../../../../escape }] }\n`,
    );
    expect((await ship([], { cwd })).code).toBe(0);
    writeFileSync(join(cwd, 'fail'), '');
    expect((await ship(['--auto-rollback'], { cwd })).code).toBe(1);
    const found = modes(join(cwd, '.speckit'));
    expect(found.filter((each) => !/ (600|700)$/.test(each))).toEqual([]);
    expect(found.filter((each) => each.includes('.tmp'))).toEqual([]);
    expect(found.some((each) => /logs\/two\.log 600$/.test(each))).toBe(true);
    expect(found.some((each) => /logs\/[^/]*escape\.log 600$/.test(each))).toBe(true);
    expect(readdirSync(cwd).sort()).toEqual(['.speckit', 'fail', 'ship.yaml']);
  });

  it.each([0o750, 0o755, 0o707])(
    'given a state folder of mode %o, when ship runs, then 2, the command that closes it is named, and nothing is touched',
    async (mode) => {
      const cwd = project(DEPLOY);
      mkdirSync(join(cwd, '.speckit'), { mode: 0o700 });
      (await import('node:fs')).chmodSync(join(cwd, '.speckit'), mode);
      const { report } = await shipJson([], { cwd });
      expect(report).toMatchObject({ exit_code: 2, errors: [{ code: 'SHIP_STATE_FOLDER_OPEN', hint: expect.stringContaining('chmod') }] });
      expect(existsSync(join(cwd, 'one'))).toBe(false);
    },
  );

  it('given a file where the state folder should be, when ship runs, then 2 and a code', async () => {
    const cwd = project(DEPLOY, { '.speckit': '' });
    expect((await shipJson([], { cwd })).report).toMatchObject({ exit_code: 2, errors: [{ code: 'SHIP_STATE_FOLDER_OPEN' }] });
  });
});

describe('usage', () => {
  it.each([
    [['--auto-rolback'], '--auto-rollback'],
    [['--list-snapshot'], '--list-snapshots'],
    [['validte'], 'ship validate'],
    [['snapshot'], 'ship snapshots'],
    [['rollback'], 'ship rollback --to ID'],
    [['--lane', 'fast'], 'docs, standard, heavy'],
    [['--lane', 'heavi'], 'Did you mean `heavy`?'],
    [['validate', '--lane=standart'], 'Did you mean `standard`?'],
    [['--env', 'prodction'], 'production'],
    [['validate', 'everything'], 'takes no "everything"'],
    [['--rollback-timeout', '10'], '10m'],
  ])('given `ship %s`, when it ends, then 2, and it says %j', async (args, told) => {
    const cwd = project(DEPLOY);
    const ended = await ship(args, { cwd });
    expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(told) });
    expect(readdirSync(cwd)).toEqual(['ship.yaml']);
  });

  it.each([['--version'], ['-V'], ['--verbose', '--version'], ['--env', 'staging', '-V']])(
    'given `ship %s %s`, when it ends, then it prints the version, and deploys nothing',
    async (...args) => {
      const cwd = project(DEPLOY);
      expect(await ship(args, { cwd })).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
      expect(existsSync(join(cwd, 'one'))).toBe(false);
    },
  );

  it.each([[['--keep']], [['--config', 'ship.yaml', '--keep']]])(
    'given a flag that the config names to keep what failed, when `ship %s` runs, then it is taken as --no-auto-rollback',
    async (args) => {
      const cwd = project(
        `${DEPLOY}  - { id: two, run: "exit 1" }\noptimization: { rollback: { auto_on_failure: true, skip_flag: "--keep" } }\n`,
      );
      expect((await shipJson(args, { cwd })).report).toMatchObject({
        exit_code: 3,
        decision: { action: 'prompt', reasons: expect.arrayContaining(['automatic rollback is off: --no-auto-rollback']) },
      });
      expect((await shipJson([], { cwd })).report).toMatchObject({ exit_code: 1 });
      expect((await shipJson(['--keeep'], { cwd })).report).toMatchObject({ exit_code: 2 });
    },
  );

  it('given --help with and without a config, when it ends, then 0, every exit status is there, and commands of plugins too', async () => {
    for (const cwd of [temporaryFolder(), project(DEPLOY)]) {
      const { code, stdout } = await ship(['--help'], { cwd });
      expect(code).toBe(0);
      for (const word of ['--auto-rollback', '130', 'ship validate']) expect(stdout).toContain(word);
      expect(stdout.includes('ship snapshots')).toBe(existsSync(join(cwd, 'ship.yaml')));
    }
  });

  it('given no terminal, when colours are forced, forbidden or neither, then only force colours', async () => {
    const cwd = project(DEPLOY);
    expect((await ship(['validate'], { cwd })).stdout).not.toContain(ESCAPE);
    expect((await ship(['validate'], { cwd, env: { FORCE_COLOR: '1' } })).stdout).toContain(ESCAPE);
    expect((await ship(['validate'], { cwd, env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).stdout).not.toContain(ESCAPE);
  });
});

describe('the verb of a report', () => {
  it.each([
    [[], ['--yes'], 'deploy'],
    [['--dry-run'], ['--dry-run', '--env', 'nope'], 'dry-run'],
    [['validate'], ['validate', '--env', 'nope'], 'validate'],
    [['validate'], ['--env', 'staging', 'validate', '--what'], 'validate'],
    [['--list-snapshots'], ['--list-snapshots', '--env', 'nope'], 'snapshots'],
    [['snapshots', 'list'], ['snapshots', 'lost'], 'snapshots'],
    [['explain', 'SHIP_USAGE'], ['explain', 'SHIP_USEGE'], 'explain'],
  ])('given `ship %s` and `ship %s`, when one succeeds and one is refused, then both reports name %s', async (good, bad, verb) => {
    const cwd = project(`${DEPLOY}verify: { smoke: [{ run: "true" }] }\n`);
    const succeeded = (await shipJson(good, { cwd })).report;
    expect(succeeded).toMatchObject({ exit_code: 0, command: verb });
    if (bad.includes('--yes')) writeFileSync(join(cwd, 'ship.yaml'), 'nothing');
    expect((await shipJson(bad, { cwd })).report).toMatchObject({ exit_code: 2, command: verb });
  });

  it('given `--rollback-to` and `rollback --to`, when they succeed and when they are refused, then it is rollback', async () => {
    const { cwd, ids } = await deployed();
    for (const args of [['--rollback-to'], ['rollback', '--to']]) {
      expect((await shipJson([...args, ids[0]], { cwd })).report).toMatchObject({ exit_code: 0, command: 'rollback' });
      expect((await shipJson([...args, 'nope'], { cwd })).report).toMatchObject({ exit_code: 2, command: 'rollback' });
    }
    expect((await shipJson(['--rollback-to'], { cwd })).report).toMatchObject({ exit_code: 2, command: 'rollback' });
  });
});

/** Its `api` is a line in a file: the version that is live. */
const DRIVER = `import { readFileSync, rmSync, writeFileSync } from 'node:fs';
const file = (ctx) => ctx.dir + '/live-' + ctx.environment;
const state = (version) => ({ version, config_hash: version, healthy: true, driver: null });
const describe = async (ctx) => { try { return state(readFileSync(file(ctx), 'utf8')); } catch { return undefined; } };
export default { name: 'line', ship: '^1', apply: (ship) => ship.driver('line', {
  settings: { type: 'object' },
  describe,
  deploy: async (ctx, { version }) => { writeFileSync(file(ctx), version); return state(version); },
  restore: async (ctx, component, before) => {
    const changed = (await describe(ctx))?.version !== before?.version;
    if (before) writeFileSync(file(ctx), before.version); else rmSync(file(ctx), { force: true });
    return { changed };
  },
}) };`;
const SERVICE = `${HEAD}plugins: [./line.mjs]\ncomponents: { api: { driver: line, version: "\${VERSION:-v0}" } }\nsteps: [{ id: api, uses: deploy, component: api }]\n`;

/** A project with two snapshots in staging and one in production. */
async function deployed() {
  const cwd = project(SERVICE, { 'line.mjs': DRIVER });
  const ids: string[] = [];
  for (const [env, VERSION] of [
    ['staging', 'v1'],
    ['staging', 'v2'],
    ['production', 'v1'],
  ] as const)
    ids.push((await shipJson(['--env', env], { cwd, env: { VERSION } })).report.snapshot!);
  return { cwd, ids: ids as [string, string, string], live: () => readFileSync(join(cwd, 'live-staging'), 'utf8') };
}

describe('snapshots', () => {
  it('given snapshots, when they are listed and gone back to, then by id and by a unique start, newest first', async () => {
    const { cwd, ids, live } = await deployed();
    expect(
      lines(await ship(['--list-snapshots'], { cwd }))
        .slice(1)
        .map((line) => line.split(' ')[0]),
    ).toEqual([ids[1], ids[0]]);
    expect((await shipJson(['snapshots', 'list'], { cwd })).report.result).toMatchObject([{ id: ids[1] }, { id: ids[0] }]);
    const back = await shipJson(['--rollback-to', ids[0]], { cwd });
    expect(back.report).toMatchObject({
      exit_code: 0,
      status: 'succeeded',
      rollback: { target_snapshot: ids[0] },
      decision: { trigger: 'manual' },
    });
    expect(live()).toBe('v1');
    const start = ids[1].slice(0, -3).replace('snapshot-', '');
    expect((await shipJson(['rollback', '--to', start], { cwd })).report.rollback).toMatchObject({ target_snapshot: ids[1] });
    expect(live()).toBe('v2');
  });

  it('given ids that are none, ambiguous, of another environment, of another project, or damaged, when ship goes back to them, then it is refused with the reason', async () => {
    const { cwd, ids } = await deployed();
    const refusal = async (id: string, args: string[] = []) => (await shipJson(['--rollback-to', id, ...args], { cwd })).report;
    for (const id of ['../../etc', '../../../../etc/passwd', '', '.', 'nope', `${ids[0]}.json`])
      expect(await refusal(id)).toMatchObject({ exit_code: 2, errors: [{ code: 'SHIP_SNAPSHOT_NOT_FOUND' }] });
    for (const start of ['20', 'snap', 'snapshot', 'snapshot-', ids[0].slice(0, 15)])
      expect(await refusal(start)).toMatchObject({
        exit_code: 2,
        errors: [{ code: 'SHIP_SNAPSHOT_AMBIGUOUS', message: expect.stringContaining(`${ids[1]}, ${ids[0]}`) }],
      });
    expect(await refusal(ids[2])).toMatchObject({
      exit_code: 2,
      errors: [{ code: 'SHIP_SNAPSHOT_ELSEWHERE', hint: expect.stringContaining('--env production') }],
    });
    expect(await refusal(ids[0], ['--no-rollback'])).toMatchObject({ exit_code: 2 });
    const file = join(cwd, `.speckit/snapshots/staging/${ids[0]}.json`);
    const text = readFileSync(file, 'utf8');
    writeFileSync(join(cwd, 'ship.yaml'), SERVICE.replace('project: shop', 'project: other'));
    expect(await refusal(ids[0])).toMatchObject({ exit_code: 2, errors: [{ code: 'SHIP_SNAPSHOT_FOREIGN' }] });
    writeFileSync(join(cwd, 'ship.yaml'), SERVICE);
    for (const damaged of [
      text.replace('"rollback_safe": true', '"rollback_safe":  true'),
      text.slice(0, -20),
      '',
      '[]',
      text.replace('shop', 'shoq'),
    ]) {
      writeFileSync(file, damaged);
      expect((await refusal(ids[0])).exit_code).toBeGreaterThan(0);
      expect((await refusal(ids[0])).errors[0]!.code).toMatch(/SHIP_SNAPSHOT_(DAMAGED|FORMAT)/);
    }
    expect(lines(await ship(['--list-snapshots'], { cwd })).at(-1)).toContain('damaged');
    writeFileSync(file, text);
    renameSync(file, join(cwd, '.speckit/snapshots/staging/snapshot-copied.json'));
    expect(await refusal('copied')).toMatchObject({ exit_code: 6, errors: [{ code: 'SHIP_SNAPSHOT_DAMAGED' }] });
  });

  it('given one snapshot, when ship goes back to its day, then that one is meant; when it goes back to `snapshot-`, then that says nothing', async () => {
    const { cwd, ids } = await deployed();
    const back = async (start: string) => (await shipJson(['--rollback-to', start, '--env', 'production'], { cwd })).report;
    expect(await back(ids[2].slice(0, 'snapshot-2024-01-15'.length))).toMatchObject({
      exit_code: 0,
      rollback: { target_snapshot: ids[2] },
    });
    for (const start of ['snapshot', 'snapshot-'])
      expect(await back(start)).toMatchObject({
        exit_code: 2,
        errors: [{ code: 'SHIP_SNAPSHOT_AMBIGUOUS', message: `"${start}" is the start of every snapshot: ${ids[2]}` }],
      });
  });

  it('given a snapshot of no component, when it is listed, then the list says why ship will not go back to it, and ship refuses to', async () => {
    const cwd = project(DEPLOY);
    const { snapshot } = (await shipJson([], { cwd })).report;
    const refused = 'it holds no component that the config has';
    expect((await shipJson(['--list-snapshots'], { cwd })).report.result).toMatchObject([{ id: snapshot, restorable: false, refused }]);
    expect((await ship(['--list-snapshots'], { cwd })).stdout).toContain(`nothing to verify; cannot be gone back to: ${refused}`);
    expect((await shipJson(['--rollback-to', snapshot!], { cwd })).report).toMatchObject({
      exit_code: 6,
      errors: [{ code: 'SHIP_ROLLBACK_EMPTY' }],
    });
  });

  it('given snapshots that can be gone back to, of another project, and damaged, when they are listed, then each is marked as what it is', async () => {
    const { cwd, ids } = await deployed();
    const listed = async () => (await shipJson(['snapshots', 'list'], { cwd })).report.result;
    expect(await listed()).toMatchObject([
      { id: ids[1], restorable: true },
      { id: ids[0], restorable: true },
    ]);
    expect((await ship(['--list-snapshots'], { cwd })).stdout).not.toContain('cannot be gone back to');
    writeFileSync(join(cwd, `.speckit/snapshots/staging/${ids[0]}.json`), '{}');
    writeFileSync(join(cwd, 'ship.yaml'), SERVICE.replace('project: shop', 'project: other'));
    expect(await listed()).toMatchObject([
      { id: ids[1], restorable: false, refused: 'it is of project shop' },
      { id: ids[0], restorable: false, refused: expect.stringContaining('format'), problem: expect.stringContaining('format') },
    ]);
    expect((await ship(['--list-snapshots'], { cwd })).stdout.match(/cannot be gone back to/g)).toHaveLength(2);
  });

  it.each([[['--list-snapshots']], [['snapshots']], [['snapshots', 'list']], [['--rollback-to', 'x']], [['rollback', '--to', 'x']]])(
    'given a config that switches snapshots off, when `ship %s` runs, then 2, and it says what to take out',
    async (args) => {
      const cwd = project(`${DEPLOY}plugins: [{ snapshots: false }]\n`);
      expect((await shipJson(args, { cwd })).report).toMatchObject({
        exit_code: 2,
        errors: [{ code: 'SHIP_SNAPSHOTS_OFF', hint: expect.stringContaining('{ snapshots: false }') }],
      });
    },
  );

  it('given a second version whose smoke check fails, when ship --auto-rollback runs, then the first is live again, proven and verified', async () => {
    const { cwd, ids, live } = await deployed();
    writeFileSync(join(cwd, 'ship.yaml'), `${SERVICE}verify: { smoke: [{ run: "test $(cat live-staging) != v3", name: alive }] }\n`);
    const { report } = await shipJson(['--auto-rollback'], { cwd, env: { VERSION: 'v3' } });
    expect(report).toMatchObject({
      exit_code: 1,
      rollback: { target_snapshot: ids[1], components: [{ name: 'api', from: 'v3', to: 'v2' }], remaining: [] },
    });
    expect(live()).toBe('v2');
  });

  it('given more runs than are kept, when they are listed, then the newest are left', async () => {
    const cwd = project(`${DEPLOY}optimization: { rollback: { snapshot_count: 2 } }\n`);
    const ids: string[] = [];
    for (let run = 0; run < 4; run += 1) ids.push((await shipJson([], { cwd })).report.snapshot!);
    expect((await shipJson(['snapshots', 'list'], { cwd })).report.result).toMatchObject([{ id: ids[3] }, { id: ids[2] }]);
  });
});

describe('verbs that touch nothing', () => {
  it.each([[['--dry-run']], [['validate']], [['plugins']], [['explain', 'SHIP_LEASE_HELD']], [['--list-snapshots']], [['--help']]])(
    'given `ship %s`, when it ends, then 0, one document, and nothing was made',
    async (args) => {
      const cwd = project(DEPLOY);
      const ended = await ship([...args, '--json'], { cwd });
      expect(documentOf(ended)).toMatchObject({ exit_code: 0, run: null });
      expect(readdirSync(cwd)).toEqual(['ship.yaml']);
    },
  );

  it('given --dry-run, when it ends, then each step says what it runs and how it would be undone', async () => {
    const { report, stderr } = await shipJson(['--dry-run'], { cwd: project(DEPLOY) });
    expect(report).toMatchObject({
      dry_run: true,
      plan: [{ id: 'one', changes: [{ kind: 'run', what: 'echo 1 > one' }], undo: 'runs rm -f one' }],
    });
    expect(stderr).toContain('dry run: nothing is touched');
  });

  it('given what must be answered first, when --dry-run runs, then it says what would be asked, unless --yes has answered', async () => {
    const mails = '  - { id: mails, run: "true", irreversible: mails are sent }\n';
    const cwd = project(`${DEPLOY}${mails}`.replace('production: {}', 'production: { approval: required }'));
    const consent = 'A step cannot be undone: mails (mails are sent). Run it?';
    const asked = await shipJson(['--dry-run', '--env', 'production'], { cwd });
    expect(asked.report).toMatchObject({ exit_code: 0, questions: ['Deploy to production?', consent] });
    expect(asked.stderr).toContain('? Deploy to production? asked first; `--yes` answers beforehand');
    expect((await shipJson(['--dry-run'], { cwd })).report.questions).toEqual([consent]);
    const answered = await shipJson(['--dry-run', '--env', 'production', '--yes'], { cwd });
    expect(answered.report.questions).toEqual([]);
    expect(answered.stderr).not.toContain('asked first');
  });

  it('given a plugin that takes 50 ms, when --dry-run, validate and plugins run, then their reports have measured it', async () => {
    const cwd = project(`${DEPLOY}plugins: [./slow.mjs]\n`, {
      'slow.mjs': `export default { name: 'slow', ship: '^1', apply: () => new Promise((yes) => setTimeout(yes, 50)) };`,
    });
    for (const args of [['--dry-run'], ['validate'], ['plugins'], ['--list-snapshots']])
      expect((await shipJson(args, { cwd })).report.duration_ms).toBeGreaterThanOrEqual(50);
  });

  it('given a folder to release that is not there, when it is validated and previewed, then it is told with its place, harder where no step could make it', async () => {
    const step = '{ id: web, uses: deploy, component: web }';
    const config = (steps: string) =>
      `${HEAD}plugins: [release]\ncomponents:\n  web:\n    driver: release\n    version: v1\n    path: dist\n    run: ./serve\nsteps: [${steps}]\n`;
    const alone = project(config(step));
    const built = project(config(`{ id: build, run: make }, ${step}`));
    for (const args of [['validate'], ['--dry-run']]) {
      expect((await shipJson(args, { cwd: alone })).report).toMatchObject({
        exit_code: 0,
        warnings: ['ship.yaml:10:11 web: there is no folder dist to release, and no step before web could make it'],
      });
      expect((await ship(args, { cwd: built })).stdout).toContain(
        '- ship.yaml:10:11 web: there is no folder dist to release yet: a step before web has to make it',
      );
    }
    mkdirSync(join(alone, 'dist'));
    expect((await shipJson(['validate'], { cwd: alone })).report.warnings).toEqual([]);
  });

  it('given plugins, when they are shown, then each tells where it is from and what it brings', async () => {
    const cwd = project(`${DEPLOY}plugins: [./mine.mjs, { git: false }]\n`, {
      'mine.mjs': `export default { name: 'mine', ship: '^1', apply: (ship) => ship.action('act', { run: () => null }) };`,
    });
    const { report } = await shipJson(['plugins'], { cwd });
    expect(report.result).toEqual([
      { name: 'shell', origin: 'built in', brings: ['action shell/run', 'check run', 'condition run'] },
      expect.objectContaining({ name: 'snapshots' }),
      { name: 'mine', origin: join(cwd, 'mine.mjs'), brings: ['action mine/act'] },
    ]);
  });

  it('given a code in any case, with and without SHIP_, when it is explained, then its section is shown; without one, all codes are', async () => {
    const cwd = temporaryFolder();
    for (const code of ['ship_lease_held', 'SHIP_LEASE_HELD', 'lease_held', 'LEASE_HELD'])
      expect((await ship(['explain', code], { cwd })).stdout).toMatch(/^SHIP_LEASE_HELD\n.+/);
    expect(lines(await ship(['explain'], { cwd })).length).toBeGreaterThan(50);
  });

  it.each([
    ['SHIP_LEASE_HOLD', 'Did you mean SHIP_LEASE_HELD?'],
    ['lease_hold', 'Did you mean SHIP_LEASE_HELD?'],
    ['lease', 'Did you mean SHIP_LEASE_HELD or SHIP_LEASE_LOST?'],
    ['SHIP_SNAPSHOT', /Did you mean SHIP_SNAPSHOT\w+, .* or SHIP_\w+\?/],
    ['config', /Did you mean (SHIP_CONFIG_\w+, ){9}SHIP_CONFIG_\w+ or one of \d+ more\?/],
    ['nonsense', '`ship explain` lists all codes.'],
    ['SHIP_', '`ship explain` lists all codes.'],
  ])('given %s, which is no code, when it is explained, then the hint is %s', async (code, hint) => {
    const { report } = await shipJson(['explain', code], { cwd: temporaryFolder() });
    expect(report).toMatchObject({ exit_code: 2, errors: [{ code: 'SHIP_CODE_UNKNOWN', message: expect.stringContaining(code) }] });
    expect(report.errors[0]!.hint).toMatch(hint);
  });
});

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

  it.each(['ship.yaml', 'ship.yml', 'ship.json'])('given a %s, when `ship init` runs, then 2, and it is left as it is', async (name) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, name), 'mine');
    expect((await shipJson(['init'], { cwd })).report).toMatchObject({ exit_code: 2, errors: [{ code: 'SHIP_INIT_EXISTS' }] });
    expect(readdirSync(cwd)).toEqual([name]);
    expect(readFileSync(join(cwd, name), 'utf8')).toBe('mine');
  });

  it('given the example of an empty folder, when it is deployed twice and fails the second time, then the link is as before', async () => {
    const cwd = temporaryFolder();
    await ship(['init'], { cwd });
    expect((await ship(['--auto-rollback'], { cwd })).code).toBe(0);
    writeFileSync(
      join(cwd, 'ship.yaml'),
      readFileSync(join(cwd, 'ship.yaml'), 'utf8')
        .replace('- { run: "true" }', '- { run: "false" }')
        .replace('releases/new current', 'releases/newer current'),
    );
    expect((await ship(['--auto-rollback'], { cwd })).code).toBe(1);
    expect((await import('node:fs')).readlinkSync(join(cwd, 'current'))).toBe('releases/new');
  });
});

describe('plain lines', () => {
  it('given a step, a check and an undo that fail with details, when ship ends, then the details stand there once, and the summary refers to them in a line', async () => {
    const fails = (id: string) => `echo ${id}-1 >&2; echo ${id}-2 >&2; exit 9`;
    const cwd = project(
      `${HEAD}steps:\n  - { id: soft, run: "${fails('soft')}", continue_on_error: true }\n  - { id: one, run: "true", undo: "${fails('undo')}" }\n  - { id: two, run: "${fails('step')}" }\n`,
    );
    const count = (text: string, word: string) => text.split('\n').filter((line) => line.trim() === word).length;
    const left = await ship([], { cwd });
    expect(['soft-1', 'soft-2', 'step-1', 'step-2'].map((word) => count(left.stdout + left.stderr, word))).toEqual([1, 1, 1, 1]);
    expect(left.stdout).toMatch(/^CRITICAL step_failed \(step two\): \/bin\/sh .* exited with 9$/m);
    expect(left.stdout).toMatch(/^! \/bin\/sh .* exited with 9$/m);
    const incomplete = await ship(['--auto-rollback'], { cwd });
    expect(count(incomplete.stdout + incomplete.stderr, 'undo-1')).toBe(1);
    expect(incomplete.stderr).toMatch(/^✗ one is not rolled back: .* exited with 9$/m);
    const checked = project(`${DEPLOY}verify: { smoke: [{ run: "${fails('check')}", name: alive }] }\n`);
    const failed = await ship([], { cwd: checked });
    expect(count(failed.stdout + failed.stderr, 'check-2')).toBe(1);
    expect(failed.stdout).toMatch(/^CRITICAL smoke_tests_failed: smoke failed: alive: exited with 9$/m);
  });
});

/** The lines that a runner of GitHub Actions would take for commands, as it reads them. */
function obeyedBy(text: string): string[] {
  let stopped: string | undefined;
  return text.split(/\r\n|\n|\r/).filter((line) => {
    const trimmed = line.trimStart();
    if (stopped !== undefined) {
      if (trimmed === `::${stopped}::`) stopped = undefined;
      return false;
    }
    const token = /^::stop-commands::(.+)$/.exec(trimmed)?.[1];
    if (token !== undefined) stopped = token;
    return token === undefined && (/^::[^:]+::/.test(trimmed) || line.includes('##['));
  });
}

describe('GitHub Actions', () => {
  it('given a config mistake, a failed step and a warning, when ship runs there, then each is an annotation of one line', async () => {
    const env = { GITHUB_ACTIONS: 'true' };
    const wrong = await ship([], { cwd: project(`${HEAD}steps:\n  - { id: a, run: "true", timeout: 10 }\n`), env });
    expect(wrong.stderr).toMatch(/^::error file=.*ship\.yaml,line=6,col=\d+,title=SHIP_\w+::.+$/m);
    const failed = await ship([], {
      cwd: project(
        `${HEAD}steps:\n  - { id: soft, run: "exit 1", continue_on_error: true }\n  - { id: hard, run: "printf 'one\\n::stop-commands::x\\n' >&2; exit 1" }\n`,
      ),
      env,
    });
    expect(failed.stdout).toMatch(/^::warning::.+$/m);
    expect(failed.stdout).toMatch(/^::error title=step_failed::.+%0A.*::stop-commands/m);
    expect((await ship([], { cwd: project(DEPLOY), env: { GITHUB_ACTIONS: undefined } })).stdout).not.toContain('::');
  });

  it.each([[[]], [['--json']], [['--verbose']], [['--auto-rollback', '--verbose']]])(
    'given tools that print commands of the runner, when ship %s runs there, then the runner obeys the annotations of ship and nothing else',
    async (args) => {
      const evil = '::error::forged\\n  ::set-env name=A::b\\r::add-path::c\\nx ##[warning]d\\n';
      const cwd = project(
        `${HEAD}steps:\n  - { id: one, run: "printf '${evil}'" }\n  - { id: two, run: "printf '${evil}'; exit 1", undo: "printf '${evil}'; exit 1" }\n`,
      );
      const { stdout, stderr } = await ship(args, { cwd, env: { GITHUB_ACTIONS: 'true' } });
      const obeyed = obeyedBy(`${stdout}\n${stderr}`);
      expect(obeyed).toEqual([expect.stringMatching(/^::error title=step_failed::.+forged/)]);
      if (args.includes('--json')) expect(JSON.parse(stdout).failure.message).toContain('##[warning]d');
      if (args.includes('--verbose')) expect(stdout).toContain('  | ::error::forged');
    },
  );

  it('given a workspace, when a mistake is annotated from a folder below it, then the file is named from its top', async () => {
    const workspace = temporaryFolder();
    const cwd = join(workspace, 'service/deploy');
    mkdirSync(cwd, { recursive: true });
    writeFileSync(join(workspace, 'service/ship.yaml'), `${HEAD}bogus: 1\n`);
    const file = async (args: string[], GITHUB_WORKSPACE: string | undefined) =>
      /^::error file=(.*?),/m.exec((await ship(args, { cwd, env: { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE } })).stderr)?.[1];
    expect(await file([], workspace)).toBe('service/ship.yaml');
    expect(await file(['--config', '../ship.yaml'], workspace)).toBe('service/ship.yaml');
    expect(await file(['--config', '../ship.yaml'], join(workspace, 'service/deploy'))).toBe(
      await file(['--config', '../ship.yaml'], undefined),
    );
  });
});
