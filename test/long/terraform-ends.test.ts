import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasProgram } from '../services/started.js';
import { type StateServer, startStateServer } from '../services/terraform-state.js';
import { cleanEnv, runProgram, SHIP, ship, shipJson } from '../support/ship.js';
import { CONFIG, filesWith, groupsOf, killedOnce, NO_CHANGES, shop, snapshots, until } from '../support/terraform.js';

describe.skipIf(!hasProgram('terraform'))('infrastructure whose apply is ended, with the real terraform', () => {
  it('given ship killed in the middle of an apply, when it is recovered, then terraform is ended in order, and v1 is back', async () => {
    const { cwd, write, state, freshPlan } = shop();
    write('v1');
    await ship([], { cwd });
    write(
      'v2',
      'resource "terraform_data" "slow" {\n  depends_on = [terraform_data.app]\n  provisioner "local-exec" { command = "touch ../begun; exec sleep 60" }\n}\n',
    );
    await killedOnce(cwd, () => existsSync(join(cwd, 'begun')));

    const { report, code } = await shipJson(['recover', '--back'], { cwd });

    expect({ code, status: report.status }).toEqual({ code: 0, status: 'rolled_back' });
    expect(report.warnings.join()).toMatch(/ended process group \d+ \(.*terraform apply/);
    expect(state().outputs.version).toMatchObject({ value: 'v1' });
    expect(await freshPlan('v1')).toContain(NO_CHANGES);
  });

  it('given terraform killed with ship, when the run is gone on with, then the step is undone first, and done again', async () => {
    const { cwd, write, state } = shop();
    write('v1');
    await ship([], { cwd });
    const provisioner = 'test -e ../again || { touch ../begun; exec sleep 60; }; touch ../whole';
    write('v2', `resource "terraform_data" "slow" {\n  provisioner "local-exec" { command = "${provisioner}" }\n}\n`);
    await killedOnce(cwd, () => existsSync(join(cwd, 'begun')), { tool: true });
    writeFileSync(join(cwd, 'again'), '');

    const { report, code } = await shipJson(['recover', '--forward'], { cwd });

    expect({ code, status: report.status }).toEqual({ code: 0, status: 'succeeded' });
    expect(existsSync(join(cwd, 'whole'))).toBe(true);
    expect(state().resources.map(({ name }) => name)).toContain('slow');
  });

  it('given terraform killed with ship while it makes a resource, when the run is taken back, then the resource is named as begun and not finished', async () => {
    const { cwd, write, state } = shop();
    write('v1');
    await ship([], { cwd });
    write('v2', 'resource "terraform_data" "slow" {\n  provisioner "local-exec" { command = "exec sleep 60" }\n}\n');
    await killedOnce(cwd, () => filesWith(join(cwd, '.speckit/runs'), ['"name":"terraform_data.slow","value":"started"']).length > 0, {
      tool: true,
    });

    const { report, stderr } = await shipJson(['recover', '--back'], { cwd });

    expect(report).toMatchObject({ status: 'rolled_back', exit_code: 0 });
    expect(stderr).toContain('infra: begun, and not reported as finished: terraform_data.slow. Look whether something of it is left');
    expect(state().outputs.version).toMatchObject({ value: 'v1' });
  });

  it('given a state in a file that was emptied when its writer was killed, when the run is taken back, then the captured state is put in its place, and that is told', async () => {
    const { cwd, write, state, freshPlan } = shop();
    write('v1');
    await ship([], { cwd });
    write('v2', 'resource "terraform_data" "slow" {\n  provisioner "local-exec" { command = "touch ../begun; exec sleep 60" }\n}\n');
    await killedOnce(cwd, () => existsSync(join(cwd, 'begun')), { tool: true });
    writeFileSync(join(cwd, 'infra/terraform.tfstate'), '');

    const { report, stderr } = await shipJson(['recover', '--back'], { cwd });

    expect(report).toMatchObject({ status: 'rolled_back', exit_code: 0 });
    expect(stderr).toContain('the state of infra was lost, and the captured one was put in its place');
    expect(state().outputs.version).toMatchObject({ value: 'v1' });
    expect(await freshPlan('v1')).toContain(NO_CHANGES);
  });

  it('given Ctrl-C during an apply with a provisioner that ignores it, then terraform saves what it has made, once, and nothing goes on', async () => {
    const { cwd, write, state } = shop();
    write(
      'v1',
      `resource "terraform_data" "deaf" {\n  provisioner "local-exec" { command = "trap '' INT TERM; touch ../begun; sleep 5" }\n}\n`,
    );
    const child = spawn(process.execPath, [SHIP], { cwd, env: cleanEnv(), stdio: 'ignore' });
    await until(() => existsSync(join(cwd, 'begun')));

    child.kill('SIGINT');
    const code = await new Promise((resolve) => child.on('exit', resolve));

    expect(code).toBe(130);
    expect(state().resources.map(({ name }) => name)).toContain('app');
    expect(groupsOf(cwd)).toEqual([]);
  });

  it('given a provisioner that hangs and leaves a child that ignores signals, when the deadline of the step is over, then the resource is tainted, nothing is left running, and v1 is back', async () => {
    const { cwd, write, freshPlan } = shop();
    write('v1');
    await ship([], { cwd });
    const hanging = "(trap '' INT; exec sleep 300) >/dev/null 2>&1 & touch ../begun; exec sleep 300";
    write('v2', `resource "terraform_data" "hanging" {\n  provisioner "local-exec" { command = "${hanging}" }\n}\n`);
    writeFileSync(join(cwd, 'ship.yaml'), CONFIG.replace('uses: terraform/apply }', 'uses: terraform/apply, timeout: 3s }'));

    const { report } = await shipJson(['--auto-rollback'], { cwd });

    expect(report.steps[0]).toMatchObject({ error: { code: 'SHIP_STEP_TIMEOUT' } });
    expect(report.rollback?.findings.map(({ message }) => message)).toContain(
      'infra: failed half way, and is made anew: terraform_data.hanging',
    );
    expect(report).toMatchObject({ status: 'rolled_back' });
    expect(groupsOf(cwd)).toEqual([]);
    expect(await freshPlan('v1')).toContain(NO_CHANGES);
  });
});

describe.skipIf(!hasProgram('terraform'))('states in a backend, with the real terraform', () => {
  const httpBackend = ({ url }: StateServer) =>
    `terraform {\n  backend "http" {\n    address        = "${url}"\n    lock_address   = "${url}"\n    unlock_address = "${url}"\n    retry_max      = 0\n  }\n}\n`;

  it('given a lock that another terraform holds, then it is shown with owner and age, it is waited for, and doctor explains it; when it is free, the step goes on', async () => {
    const { cwd, write, state } = shop(CONFIG.replace('dir: infra,', 'dir: infra, lock_timeout: 1s,'));
    write('v1');
    await ship([], { cwd });
    const holding =
      'resource "terraform_data" "holder" {\n  provisioner "local-exec" { command = "touch ../held; while ! test -e ../free; do sleep 0.1; done" }\n}\n';
    write('v1', holding);
    const byHand = { cwd: join(cwd, 'infra'), env: { TF_DATA_DIR: join(cwd, 'by-hand') } };
    await runProgram(['terraform', 'init'], byHand);
    const holder = runProgram(['terraform', 'apply', '-auto-approve'], byHand);
    await until(() => existsSync(join(cwd, 'held')));

    const { report, code } = await shipJson([], { cwd });
    expect(code).toBe(3);
    expect(report.failure?.message).toMatch(
      /the state of infra is locked by \S+@\S+, for \d+ s, for apply \(lock [0-9a-f-]{36}\); waited 1s/,
    );
    const doctor = await ship(['doctor'], { cwd });
    expect(doctor.stdout).toMatch(/! the state of infra is locked by \S+@\S+, for \d+ s, for apply/);
    expect(doctor.stdout).toContain('force-unlock ID');

    writeFileSync(join(cwd, 'ship.yaml'), CONFIG.replace('dir: infra,', 'dir: infra, lock_timeout: 20s,'));
    const waiting = shipJson([], { cwd });
    writeFileSync(join(cwd, 'free'), '');
    expect((await waiting).report).toMatchObject({ status: 'succeeded' });
    await holder;
    expect(state().resources.map(({ name }) => name)).toContain('holder');
  });

  it('given a lock in a backend whose holder is gone, then its id is told, and it is never forced', async () => {
    const server = await startStateServer();
    const { cwd, write } = shop(CONFIG.replace('dir: infra,', 'dir: infra, lock_timeout: 1s,'), httpBackend(server));
    write('v1');
    await ship([], { cwd });
    server.lock = JSON.stringify({
      ID: 'lock-4711',
      Operation: 'OperationTypeApply',
      Who: 'ann@build',
      Version: '1.11.4',
      Created: new Date().toISOString(),
    });
    write('v2');

    const { report, code } = await shipJson([], { cwd });

    expect({ code, lock: server.lock }).toEqual({ code: 3, lock: expect.stringContaining('lock-4711') });
    expect(report.failure?.message).toContain(
      'the state of infra is locked by somebody whom the backend does not name (lock lock-4711); waited 1s',
    );
  });

  it('given a backend that takes no state at the end of an apply, then errored.tfstate is pushed as soon as it does, and the run is taken back', async () => {
    const server = await startStateServer();
    const { cwd, write } = shop(CONFIG, httpBackend(server));
    write('v1');
    await ship([], { cwd });
    server.refuses = true;
    write('v2');
    const running = shipJson(['--auto-rollback'], { cwd });
    await until(() => existsSync(join(cwd, 'infra/errored.tfstate')));
    server.refuses = false;

    const { report } = await running;

    expect(report.failure?.message).toMatch(/Failed to (?:save|persist)/);
    expect(report).toMatchObject({ status: 'rolled_back' });
    expect(JSON.parse(server.state)).toMatchObject({ outputs: { version: { value: 'v1' } } });
    expect(existsSync(join(cwd, 'infra/errored.tfstate'))).toBe(false);
  });

  it('given a backend that stays away, then the state that could not be saved is named, the rollback is incomplete, and the next run is refused until it is pushed', async () => {
    const server = await startStateServer();
    const { cwd, write } = shop(CONFIG, httpBackend(server));
    write('v1');
    await ship([], { cwd });
    server.refuses = true;
    write('v2');

    const { report, code } = await shipJson(['--auto-rollback'], { cwd });
    expect({ code, status: report.status }).toEqual({ code: 4, status: 'rollback_incomplete' });
    expect(JSON.stringify(report.rollback?.remaining)).toContain('SHIP_TERRAFORM_STATE_UNSAVED');
    expect(existsSync(join(cwd, 'infra/errored.tfstate'))).toBe(true);

    server.refuses = false;
    expect((await shipJson(['recover', '--back'], { cwd })).report).toMatchObject({ status: 'rolled_back' });
    expect(JSON.parse(server.state)).toMatchObject({ outputs: { version: { value: 'v1' } } });
  });

  it('given a state of another lineage, when it is gone back, then it is refused with 6, and the state stays', async () => {
    const server = await startStateServer();
    const { cwd, write } = shop(CONFIG, httpBackend(server));
    write('v1');
    await ship([], { cwd });
    const other = { ...JSON.parse(server.state), lineage: '00000000-0000-0000-0000-000000000000' };
    server.state = JSON.stringify(other);

    const { code, stderr } = await shipJson(['--rollback-to', snapshots(cwd)[0]!, '--force-rollback'], { cwd });

    expect(code).toBe(6);
    expect(stderr).toContain('its lineage is 00000000-0000-0000-0000-000000000000');
    expect(JSON.parse(server.state)).toEqual(other);
  });

  it('given a backend that cannot be reached, when it is applied, then nothing is lost, and Terraform says so in its own words', async () => {
    const server = await startStateServer();
    const { cwd, write } = shop(CONFIG, httpBackend({ ...server, url: 'http://127.0.0.1:1/state' }));
    write('v1');

    const { report, code } = await shipJson([], { cwd });

    expect(code).toBe(3);
    expect(report.failure?.message).toMatch(/terraform (?:init|state pull) failed in infra: .*connection refused/);
  });
});
