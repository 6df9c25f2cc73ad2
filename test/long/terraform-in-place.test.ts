import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasProgram } from '../services/started.js';
import { cleanEnv, SHIP, ship, shipJson } from '../support/ship.js';
import { NO_CHANGES, type Shop, shop, snapshots, until } from '../support/terraform.js';

/** What v1 makes takes its time; a file beside the module says what it makes. */
const slow = (seconds: number) =>
  `resource "terraform_data" "slow" {\n  input = file("\${path.module}/../motd")\n  triggers_replace = [terraform_data.app.input]\n  provisioner "local-exec" { command = "touch ../at-work; sleep ${seconds}" }\n}\n`;

/** v1 is live, and then a v2, whose files lie there. */
async function twoVersions(seconds: number): Promise<Shop> {
  const it = shop();
  writeFileSync(join(it.cwd, 'motd'), 'one\n');
  it.write('v1', slow(0));
  expect((await ship([], { cwd: it.cwd })).code).toBe(0);
  it.write('v1', slow(seconds));
  expect((await ship([], { cwd: it.cwd })).code).toBe(0);
  writeFileSync(join(it.cwd, 'motd'), 'two\n');
  it.write('v2', `${slow(0)}resource "terraform_data" "more" {}\n`);
  expect((await ship([], { cwd: it.cwd })).code).toBe(0);
  return it;
}

const filesOf = (cwd: string) => ({
  main: readFileSync(join(cwd, 'infra/main.tf'), 'utf8'),
  motd: readFileSync(join(cwd, 'motd'), 'utf8'),
});
const journalOf = (cwd: string) => join(cwd, '.speckit/terraform/in-place/journal.json');

describe.skipIf(!hasProgram('terraform'))('files of another time in place, with the real terraform', () => {
  it('given ship killed in the middle of its way back, when it is recovered, then today’s files are back, and the world is that of before', async () => {
    const { cwd, state, freshPlan } = await twoVersions(8);
    const today = filesOf(cwd);
    const target = snapshots(cwd)[1]!;
    rmSync(join(cwd, 'at-work'));
    const child = spawn(process.execPath, [SHIP, '--rollback-to', target, '--force-rollback'], { cwd, env: cleanEnv(), stdio: 'ignore' });
    await until(() => existsSync(join(cwd, 'at-work')));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('exit', resolve));
    expect(filesOf(cwd)).not.toEqual(today);
    expect((await ship(['doctor'], { cwd })).stdout).toContain("the files of infra are not today's");

    const { report, code, stderr } = await shipJson(['recover'], { cwd });

    expect({ code, status: report.status }).toEqual({ code: 0, status: 'succeeded' });
    expect(stderr).toContain("the files of infra are today's again");
    expect(filesOf(cwd)).toEqual(today);
    expect(existsSync(journalOf(cwd))).toBe(false);
    expect(state().outputs.version).toMatchObject({ value: 'v1' });
    writeFileSync(join(cwd, 'motd'), 'one\n');
    expect(await freshPlan('v1', slow(8))).toContain(NO_CHANGES);
  }, 120_000);

  it.each(['recover', 'deploy'])(
    'given ship killed while it only looks whether there is a way back, then `ship %s` puts today’s files back first',
    async (verb) => {
      const { cwd, state } = await twoVersions(0);
      const today = filesOf(cwd);
      const { serial } = state();
      const child = spawn(process.execPath, [SHIP, 'snapshots', 'diff', snapshots(cwd)[0]!], { cwd, env: cleanEnv(), stdio: 'ignore' });
      await until(() => existsSync(journalOf(cwd)) && filesOf(cwd).motd === 'one\n');
      child.kill('SIGKILL');
      await new Promise((resolve) => child.on('exit', resolve));
      expect(filesOf(cwd)).not.toEqual(today);

      expect((await ship([verb], { cwd })).code).toBe(0);

      expect(filesOf(cwd)).toEqual(today);
      expect({ serial: state().serial, version: state().outputs.version }).toMatchObject({ serial, version: { value: 'v2' } });
    },
    120_000,
  );

  it('given Ctrl-C in the middle of the way back, then today’s files are back at once', async () => {
    const { cwd } = await twoVersions(4);
    const today = filesOf(cwd);
    const child = spawn(process.execPath, [SHIP, '--rollback-to', snapshots(cwd)[1]!, '--force-rollback'], {
      cwd,
      env: cleanEnv(),
      stdio: 'ignore',
    });
    await until(() => existsSync(journalOf(cwd)) && filesOf(cwd).motd === 'one\n');
    child.kill('SIGINT');
    await new Promise((resolve) => child.on('exit', resolve));
    expect(filesOf(cwd)).toEqual(today);
    expect(readdirSync(join(cwd, '.speckit/terraform'))).not.toContain('in-place');
  }, 120_000);

  it('given a deploy of another environment while a way back has its files in place, then it waits, and deploys what lies there today', async () => {
    const config = (name: string) => `    ${name}: { workspace: ${name} }\n`;
    const it = shop(
      `version: 1\nproject: shop\nenvironments: { staging: {}, production: {} }\ndefault_environment: staging\nplugins:\n  - terraform:\n      dir: infra\n      environments:\n    ${config('staging')}    ${config('production')}steps: [{ id: infra, uses: terraform/apply }]\n`,
    );
    const { cwd, write } = it;
    writeFileSync(join(cwd, 'motd'), 'one\n');
    write('v1', slow(3));
    expect((await ship([], { cwd })).code).toBe(0);
    writeFileSync(join(cwd, 'motd'), 'two\n');
    write('v2', slow(0));
    expect((await ship([], { cwd })).code).toBe(0);
    const back = shipJson(['--rollback-to', snapshots(cwd)[0]!, '--force-rollback'], { cwd });
    await until(() => existsSync(journalOf(cwd)) && filesOf(cwd).motd === 'one\n');

    const other = await shipJson(['--env', 'production'], { cwd });

    expect(other.code).toBe(0);
    const production = JSON.parse(readFileSync(join(cwd, 'infra/terraform.tfstate.d/production/terraform.tfstate'), 'utf8'));
    expect(production.outputs.version).toMatchObject({ value: 'v2' });
    expect((await back).report).toMatchObject({ status: 'succeeded' });
  }, 120_000);

  it('given ship killed at any moment of its way back, when it is recovered, then the files and the world are right', async () => {
    for (let round = 0; round < 6; round++) {
      const { cwd, state } = await twoVersions(0);
      const today = filesOf(cwd);
      const first = snapshots(cwd)[0]!;
      const child = spawn(process.execPath, [SHIP, '--rollback-to', first, '--force-rollback'], { cwd, env: cleanEnv(), stdio: 'ignore' });
      const exited = new Promise((resolve) => child.on('exit', resolve));
      await new Promise((resolve) => setTimeout(resolve, 400 + round * 450));
      child.kill('SIGKILL');
      await exited;
      const recovered = await shipJson(['recover'], { cwd });
      expect(recovered.code, recovered.stderr).toBe(0);
      // Killed before it had written down what it was about, it had not begun.
      const isBack = state().outputs.version!.value === 'v1';
      if (!isBack) expect((await shipJson(['--rollback-to', first, '--force-rollback'], { cwd })).code).toBe(0);
      expect(state().outputs.version).toMatchObject({ value: 'v1' });
      expect(filesOf(cwd)).toEqual(today);
      expect(existsSync(journalOf(cwd))).toBe(false);
    }
  }, 240_000);
});
