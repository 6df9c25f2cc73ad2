import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { project, ship, shipJson } from './support/ship.js';

const config = (step: string) =>
  `version: 1\nproject: vars\nsteps:\n  - { id: build, ${step} }\n  - { id: last, run: 'test -z "$FAIL"' }\n`;

describe('the variables of an undo', () => {
  it.each([
    ['a name', `run: 'mkdir -p "out/$RELEASE"', undo: 'rm -rf "out/$RELEASE"'`],
    ['a name in braces', `run: 'mkdir -p "out/\${RELEASE}"', undo: 'rm -rf "out/\${RELEASE}"'`],
    ['a name with a default', `run: 'mkdir -p "out/\${RELEASE:-none}"', undo: 'rm -rf "out/\${RELEASE:-none}"'`],
    ['a name that the text sets from itself', `run: 'mkdir -p "out/$RELEASE"', undo: 'RELEASE=\${RELEASE%/}; rm -rf "out/$RELEASE"'`],
  ])('given %s, when the run is taken back without it, or with another value, then the undo has that of the run', async (_, step) => {
    for (const env of [{}, { RELEASE: 'other' }]) {
      const cwd = project(config(step));
      for (const name of ['keep', 'other', 'none']) mkdirSync(join(cwd, 'out', name), { recursive: true });
      expect((await ship([], { cwd, env: { RELEASE: 'r3' } })).code).toBe(0);
      expect(existsSync(join(cwd, 'out/r3'))).toBe(true);
      expect((await ship(['rollback'], { cwd, env })).code).toBe(0);
      expect(['r3', 'keep', 'other', 'none'].map((name) => existsSync(join(cwd, 'out', name)))).toEqual([false, true, true, true]);
    }
  });

  it('given one that was not set in the run, when it is set later, then the undo has none', async () => {
    const cwd = project(config(`run: 'echo "[$RELEASE]" > said', undo: 'echo "[$RELEASE]" > said'`));
    await ship([], { cwd });
    await ship(['rollback'], { cwd, env: { RELEASE: 'later' } });
    expect(readFileSync(join(cwd, 'said'), 'utf8')).toBe('[]\n');
  });

  it('given a secret, when it is not set any more, then the way back is refused before anything runs, and no file holds it', async () => {
    const cwd = project(`secrets: [DEPLOY_KEY]\n${config(`run: 'echo "$DEPLOY_KEY" > made', undo: 'echo "$DEPLOY_KEY" > unmade'`)}`);
    const DEPLOY_KEY = 'a-word-nobody-guesses';
    expect((await ship([], { cwd, env: { DEPLOY_KEY } })).code).toBe(0);
    const { code, report } = await shipJson(['rollback'], { cwd });
    expect([code, report.status, existsSync(join(cwd, 'unmade'))]).toEqual([6, 'refused', false]);
    expect(JSON.stringify(report.errors)).toContain('DEPLOY_KEY');
    const journal = readFileSync(
      join(cwd, '.speckit/runs/default', (await shipJson(['status'], { cwd })).report.result!['last_run' as never].run, 'journal.jsonl'),
      'utf8',
    );
    expect(journal).not.toContain(DEPLOY_KEY);
    expect((await ship(['rollback'], { cwd, env: { DEPLOY_KEY } })).code).toBe(0);
    expect(readFileSync(join(cwd, 'unmade'), 'utf8')).toBe(`${DEPLOY_KEY}\n`);
  });
});

describe('a config whose variables are not set', () => {
  const CONFIG = `version: 1
project: vars
steps: [{ id: build, env: { RELEASE: "\${RELEASE}" }, run: 'mkdir -p "out/$RELEASE"', undo: 'rm -r "out/$RELEASE"' }]
verify: { smoke: [{ run: 'test -n "\${RELEASE}"', name: "smoke of \${RELEASE}" }] }
`;

  it.each([
    [['status']],
    [['history']],
    [['lock', 'status']],
    [['state']],
    [['--list-snapshots']],
    [['doctor']],
    [['recover']],
    [['snapshots', 'list']],
  ])('when `ship %s` is run, then it needs none of them', async (args) => {
    const cwd = project(CONFIG);
    expect((await ship([], { cwd, env: { RELEASE: 'r1' } })).code).toBe(0);
    const { code, stderr } = await ship(args, { cwd });
    expect([code, stderr]).toEqual([0, '']);
  });

  it('when the run is taken back, then it needs none of them; to deploy, to go on and to validate, each is a mistake', async () => {
    const cwd = project(CONFIG);
    expect((await ship([], { cwd, env: { RELEASE: 'r1' } })).code).toBe(0);
    for (const args of [[], ['validate'], ['--dry-run'], ['resume']]) {
      const { code, stderr } = await ship(args, { cwd });
      expect([code, stderr], args.join()).toEqual([2, expect.stringContaining('SHIP_CONFIG_UNSET_VARIABLE')]);
    }
    const { code } = await ship(['rollback'], { cwd });
    expect([code, existsSync(join(cwd, 'out/r1'))]).toEqual([0, false]);
  });

  it('when the store itself is named by one, then it is a mistake for everybody', async () => {
    const cwd = project(CONFIG.replace('steps:', 'project: "${NAME}"\nsteps:').replace('project: vars\n', ''));
    expect((await ship(['status'], { cwd })).code).toBe(2);
  });
});
