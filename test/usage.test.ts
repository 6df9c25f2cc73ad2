import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deployed } from './support/line-service.js';
import { DEPLOY, project, ship, shipJson, temporaryFolder } from './support/ship.js';

const ESCAPE = '\u001b';

describe('usage', () => {
  it.each([
    [['--auto-rolback'], '--auto-rollback'],
    [['--list-snapshot'], '--list-snapshots'],
    [['validte'], 'ship validate'],
    [['snapshot'], 'ship snapshots'],
    [['rollback', 'x'], 'ship rollback --to ID'],
    [['recover', 'x'], 'takes no "x"'],
    [['recover', '--back', '--forward'], 'contradict'],
    [['--back'], 'ship recover'],
    [['resume', '--forward'], 'ship recover'],
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

  it('given --help with and without a config, when it ends, then 0, every exit status is there, and the commands of plugins that come with it too', async () => {
    for (const cwd of [temporaryFolder(), project(DEPLOY)]) {
      const { code, stdout } = await ship(['--help'], { cwd });
      expect(code).toBe(0);
      for (const word of ['--auto-rollback', '130', 'ship validate']) expect(stdout).toContain(word);
      for (const command of await broughtCommands()) expect(stdout).toContain(`ship ${command} `);
      expect((await broughtCommands()).length).toBeGreaterThan(1);
    }
  });

  it('given no terminal, when colours are forced, forbidden or neither, then only force colours', async () => {
    const cwd = project(DEPLOY);
    expect((await ship(['validate'], { cwd })).stdout).not.toContain(ESCAPE);
    expect((await ship(['validate'], { cwd, env: { FORCE_COLOR: '1' } })).stdout).toContain(ESCAPE);
    expect((await ship(['validate'], { cwd, env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).stdout).not.toContain(ESCAPE);
  });
});

/** The verbs that the plugins of the command bring. */
async function broughtCommands(): Promise<string[]> {
  const { report } = await shipJson(['plugins'], { cwd: project(`${DEPLOY}plugins: [release, instant-rollback, terraform]\n`) });
  const brings = (report.result as { brings: string[] }[]).flatMap(({ brings }) => brings);
  return brings.flatMap((each) => /^command (.+)$/.exec(each)?.[1] ?? []);
}

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
