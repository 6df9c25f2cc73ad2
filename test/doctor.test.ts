import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cleanEnv, DEPLOY, HEAD, project, SHIP, ship, shipJson } from './support/ship.js';

const PLUGIN = (examine: string) => `export default {
  name: 'own', ship: '^1',
  apply(ship) { ship.examination('backend', { examine: async (ctx) => { ${examine} } }); },
};
`;

const withPlugin = (examine: string) =>
  project(`${HEAD}plugins: [./own.mjs]\nsteps: [{ id: a, run: "true" }]\n`, { 'own.mjs': PLUGIN(examine) });

it('given an environment that is well, when the doctor looks, then that is said, with 0', async () => {
  const { code, stdout } = await ship(['doctor'], { cwd: project(DEPLOY) });
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'shop -> staging\n  ✓ staging is free\nall is well\n' });
});

it('given a run that was killed, then the doctor says what finishes it, and touches nothing', async () => {
  const cwd = project(`${HEAD}steps: [{ id: slow, run: "touch begun; exec sleep 60", undo: "true" }]\n`);
  const child = spawn(process.execPath, [SHIP], { cwd, env: cleanEnv(), stdio: 'ignore' });
  while (!existsSync(join(cwd, 'begun'))) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGKILL');
  await new Promise((resolve) => child.on('exit', resolve));

  const first = await ship(['doctor'], { cwd });
  const second = await ship(['doctor'], { cwd });

  expect(first.stdout).toMatch(/! staging is held by .*, who is dead: .* The next run takes the lease over/);
  expect(first.stdout).toContain('`ship recover` finishes it; until then `ship` is refused, with SHIP_RECOVER_FIRST');
  expect(first.stdout).toContain('1 to be mended before anything is deployed');
  expect((await ship([], { cwd })).stderr).toContain('SHIP_RECOVER_FIRST');
  const automatic = await ship(['doctor'], { cwd, env: { SHIP_AUTO_ROLLBACK: '1' } });
  expect(automatic.stdout).toContain('`ship` alone would take it back first');
  expect(automatic.code).toBe(0);
  expect({ code: second.code, stdout: second.stdout.replace(/\d+ m?s/g, '') }).toEqual({
    code: 2,
    stdout: first.stdout.replace(/\d+ m?s/g, ''),
  });
  expect((await ship(['recover', '--back'], { cwd })).code).toBe(0);
});

it('given a run that is under way, then the doctor says that another one would be refused, as it is; a freed one stays recoverable', async () => {
  const cwd = project(`${HEAD}steps: [{ id: slow, run: "touch begun; exec sleep 60", undo: rm -f begun }]\n`);
  const child = spawn(process.execPath, [SHIP], { cwd, env: cleanEnv(), stdio: 'ignore' });
  while (!existsSync(join(cwd, 'begun'))) await new Promise((resolve) => setTimeout(resolve, 20));
  const { code, stdout } = await ship(['doctor'], { cwd });
  expect(stdout).toMatch(/✗ staging is held by .*, who is at work: .* Until then `ship` is refused, with exit status 5/);
  expect([code, (await ship([], { cwd })).code]).toEqual([2, 5]);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.on('exit', resolve));
  expect((await ship(['lock', 'release'], { cwd })).code).toBe(0);
  expect((await ship(['recover', '--back'], { cwd })).code).toBe(0);
  expect(existsSync(join(cwd, 'begun'))).toBe(false);
});

it('given what plugins find, then it is shown by its level, redacted; a block ends with 2', async () => {
  const cwd = withPlugin(`return [
    { level: 'info', rule: 'r', message: 'found it' },
    { level: 'warn', rule: 'r', message: 'slow, says ' + process.env.SOME_TOKEN },
    { level: 'block', rule: 'r', message: 'it is down' }];`);
  const env = { SOME_TOKEN: 'canary-4711' };
  const { code, stdout } = await ship(['doctor'], { cwd, env });
  expect(code).toBe(2);
  expect(stdout).toContain('  ✓ found it\n  ! slow, says ***\n  ✗ it is down\n1 to be mended before anything is deployed\n');
  const { report } = await shipJson(['doctor'], { cwd, env });
  expect(report).toMatchObject({ command: 'doctor', status: 'refused', exit_code: 2, warnings: ['slow, says ***'] });
});

it('given an examination that throws, then it is told, and the others are made', async () => {
  const { code, stdout } = await ship(['doctor'], { cwd: withPlugin(`throw new Error('no answer')`) });
  expect(code).toBe(0);
  expect(stdout).toContain('! own/backend could not be examined: no answer');
  expect(stdout).toContain('✓ staging is free');
});

it('given a word too much, or a config that is wrong, then it is refused with 2', async () => {
  const cwd = project(DEPLOY);
  expect((await ship(['doctor', 'who'], { cwd })).stderr).toContain('`ship doctor` takes no "who"');
  writeFileSync(join(cwd, 'ship.yaml'), 'version: 9\n');
  expect((await ship(['doctor'], { cwd })).code).toBe(2);
});

const MENDING = `export default {
  name: 'own', ship: '^1',
  apply(ship) {
    ship.examination('lost', { examine: () => [], mend: () => { throw new Error('it does not answer'); } });
    ship.examination('files', { examine: () => [], mend: () => ['the files are back'] });
  },
};
`;

it('given what processes that are gone have left, when the doctor is to fix it, then what is proven is put right and said; one that cannot keeps nobody from it', async () => {
  const cwd = project(
    `${HEAD}plugins: [./own.mjs]\nsteps: [{ id: slow, run: "touch begun; test ! -e slow || exec sleep 60", undo: "true" }]\n`,
    {
      'own.mjs': MENDING,
    },
  );
  const { code, report } = await shipJson(['doctor', '--fix'], { cwd });
  expect({ code, warnings: report.warnings, found: report.result }).toMatchObject({
    code: 0,
    warnings: ['own/lost could not look for what was left: it does not answer'],
    found: expect.arrayContaining([{ level: 'info', rule: 'mended', message: 'the files are back' }]),
  });
  expect((await ship(['doctor', '--fix'], { cwd })).stdout).toContain('✓ mended: the files are back\n');
  expect((await ship(['recover'], { cwd })).stdout).toContain('own/lost could not look for what was left: it does not answer');
  expect(await shipJson(['status', '--fix'], { cwd })).toMatchObject({ code: 2 });

  writeFileSync(join(cwd, 'slow'), '');
  const child = spawn(process.execPath, [SHIP], { cwd, env: cleanEnv(), stdio: 'ignore' });
  while (!existsSync(join(cwd, 'begun'))) await new Promise((resolve) => setTimeout(resolve, 20));
  const refused = await ship(['doctor', '--fix'], { cwd });
  expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining('SHIP_LEASE_HELD')]);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.on('exit', resolve));
  // What it left is not forgotten for it.
  expect((await ship(['doctor', '--fix'], { cwd })).stdout).toContain('`ship recover` finishes it');
  expect((await ship(['recover', '--back'], { cwd })).code).toBe(0);
});
