import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { documentOf } from './support/report.js';
import { DEPLOY, HEAD, lines, project, ship, shipJson, temporaryFolder } from './support/ship.js';

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

  it('given ports and routers of releases that do not fit, when anything is planned, then they are refused, all of them, each in its place', async () => {
    const router = 'router: { command: { weights: "true", shift: "true", healthy: "true" } }';
    const lines = (name: string, more: string) => `  ${name}: { driver: release, version: v1, path: ., run: ./serve, ${more} }\n`;
    const components = [lines('web', `port: 8080, ${router}`), lines('api', `${router}, port: "8081"`), lines('bare', 'router: front')];
    const fine = [
      lines('own', 'port: 8082, router: front'),
      lines('other', router),
      lines('alone', 'port: 8083'),
      lines('worker', 'keep: 3'),
    ];
    const config = (...all: string[]) =>
      `${HEAD}plugins: [release, instant-rollback]\ncomponents:\n${all.join('')}steps: [{ id: own, uses: deploy, component: own }]\n`;
    const wrong = project(config(...components, ...fine));
    for (const args of [[], ['validate'], ['--dry-run']]) {
      const { report } = await shipJson(args, { cwd: wrong });
      expect(report).toMatchObject({
        exit_code: 2,
        errors: [
          { code: 'SHIP_RELEASE_TWO_ROUTERS', at: 'ship.yaml:7:69', message: expect.stringContaining('port 8080') },
          { code: 'SHIP_RELEASE_TWO_ROUTERS', at: 'ship.yaml:8:143', hint: expect.stringContaining('where command stands before it') },
          { code: 'SHIP_RELEASE_FRONT_PORT', at: 'ship.yaml:9:72', message: expect.stringContaining('bare') },
        ],
      });
    }
    expect((await shipJson(['validate'], { cwd: project(config(...fine)) })).report).toMatchObject({ exit_code: 0, errors: [] });
  });

  it('given plugins, when they are shown, then each tells where it is from and what it brings', async () => {
    const cwd = project(`${DEPLOY}plugins: [./mine.mjs, { git: false }]\n`, {
      'mine.mjs': `export default { name: 'mine', ship: '^1', apply(ship) { ship.action('act', { run: () => null }); ship.store('mine', () => {}); } };`,
    });
    const { report } = await shipJson(['plugins'], { cwd });
    expect(report.result).toEqual([
      { name: 'shell', origin: 'built in', brings: ['action shell/run', 'check run', 'condition run'] },
      { name: 'http', origin: 'built in', brings: ['check http', 'check tcp'] },
      expect.objectContaining({ name: 'snapshots' }),
      { name: 'partial-rollback', origin: 'built in', brings: ['strategy partial-rollback'] },
      { name: 'hold', origin: 'built in', brings: ['command hold'] },
      { name: 'prometheus', origin: 'built in', brings: ['check error_rate', 'check latency'] },
      { name: 'mine', origin: join(cwd, 'mine.mjs'), brings: ['action mine/act', 'store mine'] },
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
    ['lease', 'Did you mean SHIP_LEASE_HELD, SHIP_LEASE_DAMAGED, SHIP_LEASE_LOST or SHIP_LEASE_ALIVE?'],
    ['SHIP_SNAPSHOT', /Did you mean SHIP_SNAPSHOT\w+, .* or (SHIP_\w+|one of \d+ more)\?/],
    ['config', /Did you mean (SHIP_CONFIG_\w+, ){9}SHIP_CONFIG_\w+ or one of \d+ more\?/],
    ['nonsense', '`ship explain` lists all codes.'],
    ['SHIP_', '`ship explain` lists all codes.'],
  ])('given %s, which is no code, when it is explained, then the hint is %s', async (code, hint) => {
    const { report } = await shipJson(['explain', code], { cwd: temporaryFolder() });
    expect(report).toMatchObject({ exit_code: 2, errors: [{ code: 'SHIP_CODE_UNKNOWN', message: expect.stringContaining(code) }] });
    expect(report.errors[0]!.hint).toMatch(hint);
  });
});
