import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { describe, expect, it } from 'vitest';
import { hasProgram } from './services/started.js';
import { runProgram, ship, shipJson } from './support/ship.js';
import { BAD, CONFIG, filesWith, NO_CHANGES, shop, snapshots } from './support/terraform.js';

describe.skipIf(!hasProgram('terraform'))('infrastructure, with the real terraform', () => {
  it('given v1 and then v2, when it is gone back to v1, then outputs and state are those of v1, and a fresh plan of it is empty', async () => {
    const { cwd, write, state, freshPlan } = shop();
    write('v1');
    expect((await shipJson([], { cwd })).report).toMatchObject({ status: 'succeeded' });
    const [first] = snapshots(cwd);
    write('v2', 'resource "terraform_data" "extra" {}\n');
    await ship([], { cwd });
    expect(state().outputs.version).toMatchObject({ value: 'v2' });

    const { report } = await shipJson(['--rollback-to', first!], { cwd });

    expect(report).toMatchObject({
      status: 'succeeded',
      rollback: { target_snapshot: first, parts: [{ name: 'terraform', status: 'restored' }] },
    });
    expect(state().outputs.version).toMatchObject({ value: 'v1' });
    expect(state().resources.map(({ name }) => name)).not.toContain('extra');
    expect(await freshPlan('v1')).toContain(NO_CHANGES);
  });

  it('given a rollback that was done, when it is asked for once more, then the infrastructure is skipped, and that is said', async () => {
    const { cwd, write } = shop();
    write('v1');
    await ship([], { cwd });

    const { report, stderr } = await shipJson(['--rollback-to', snapshots(cwd)[0]!], { cwd });

    expect(report).toMatchObject({
      status: 'succeeded',
      rollback: { parts: [{ name: 'terraform', status: 'unchanged', detail: 'infra unchanged' }] },
    });
    expect(stderr).toContain('infra unchanged');
  });

  it('given v2 that fails half way, when it is rolled back by itself, then everything is v1 again and what was half made is gone', async () => {
    const { cwd, write, state, freshPlan } = shop();
    write('v1');
    await ship([], { cwd });
    write('v2', BAD);

    const { report, code, stderr } = await shipJson(['--auto-rollback'], { cwd });

    expect(code).toBe(1);
    expect(report.failure?.message).toMatch(/terraform apply failed in infra: main\.tf:\d+:\d+: local-exec provisioner error/);
    expect(stderr).toContain('failed half way, and will be made anew by the next apply: terraform_data.bad');
    expect(report.rollback?.findings.map(({ message }) => message)).toContain(
      'infra: failed half way, and is made anew: terraform_data.bad',
    );
    expect(report).toMatchObject({ status: 'rolled_back', rollback: { target_snapshot: snapshots(cwd)[0] } });
    expect(state().outputs.version).toMatchObject({ value: 'v1' });
    expect(await freshPlan('v1')).toContain(NO_CHANGES);
  });

  it('given a first apply that fails, when it is rolled back, then nothing that it made stands', async () => {
    const { cwd, write, state } = shop();
    write('v1', BAD);

    const { report, code } = await shipJson(['--auto-rollback'], { cwd });

    expect({ code, status: report.status }).toEqual({ code: 1, status: 'rolled_back' });
    expect(report.rollback?.findings).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('it was made by what is taken back now') }),
    );
    expect(state().resources).toEqual([]);
  });

  it('given infrastructure that ship did not apply before, when its first apply fails, then it stays, and the report says why', async () => {
    const { cwd, write, state } = shop();
    write('v1');
    const env = { TF_DATA_DIR: join(cwd, 'by-hand') };
    await runProgram(['terraform', 'init'], { cwd: join(cwd, 'infra'), env });
    await runProgram(['terraform', 'apply', '-auto-approve'], { cwd: join(cwd, 'infra'), env });
    write('v2', BAD);

    const { report } = await shipJson(['--auto-rollback'], { cwd });

    expect(report.steps[0]).toMatchObject({ reason: expect.stringContaining('was not applied by ship before') });
    expect(report.rollback?.findings).toContainEqual(expect.objectContaining({ level: 'warn', rule: 'terraform-unknown' }));
    expect(state().resources.map(({ name }) => name)).toEqual(expect.arrayContaining(['db', 'app']));
  });

  it('given a way back that would replace what holds data, then it is refused with 6 and nothing is changed; declared stateless, it passes', async () => {
    const { cwd, write, state } = shop();
    write('v1');
    await ship([], { cwd });
    const [first] = snapshots(cwd);
    write('v2');
    writeFileSync(join(cwd, 'infra/main.tf'), readFileSync(join(cwd, 'infra/main.tf'), 'utf8').replace('"first"', '"second"'));
    const forward = await shipJson([], { cwd });
    expect(forward.stderr).toContain('this would replace terraform_data.db, which may hold data');
    const { serial } = state();

    const refused = await shipJson(['--rollback-to', first!, '--force-rollback'], { cwd });
    expect({ code: refused.code, serial: state().serial }).toEqual({ code: 6, serial });
    expect(refused.stderr).toContain('infra: would replace terraform_data.db, which may hold data (cannot update)');

    writeFileSync(
      join(cwd, 'ship.yaml'),
      CONFIG.replace('stateful: [terraform_data.db]', 'stateful: [terraform_data.db], stateless: [terraform_data.db]'),
    );
    expect((await shipJson(['--rollback-to', first!], { cwd })).report).toMatchObject({ status: 'succeeded' });
    expect(state().outputs.version).toMatchObject({ value: 'v1' });
  });

  it('given prevent_destroy in what is live and not in what is gone back to, then the way back is refused', async () => {
    const { cwd, write } = shop();
    write('v1');
    await ship([], { cwd });
    const [first] = snapshots(cwd);
    write('v2', 'resource "terraform_data" "kept" {\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n');
    await ship([], { cwd });

    const { code, stderr } = await shipJson(['--rollback-to', first!, '--force-rollback'], { cwd });

    expect(code).toBe(6);
    expect(stderr).toContain('would destroy terraform_data.kept, which may hold data');
  });

  it('given a second stack in a workspace of its own, when a run of both is taken back, then each is as it was', async () => {
    const config = CONFIG.replace(
      'steps: [{ id: infra, uses: terraform/apply }]',
      'steps: [{ id: infra, uses: terraform/apply }, { id: edge, uses: terraform/apply, with: { dir: edge, workspace: blue, vars: { size: 2 } } }]',
    );
    const { cwd, write, state } = shop(config);
    mkdirSync(join(cwd, 'edge'));
    writeFileSync(
      join(cwd, 'edge/main.tf'),
      'variable "size" {}\nresource "terraform_data" "edge" { input = var.size }\noutput "size" { value = terraform_data.edge.output }\n',
    );
    const edge = () => JSON.parse(readFileSync(join(cwd, 'edge/terraform.tfstate.d/blue/terraform.tfstate'), 'utf8')).outputs.size.value;
    write('v1');
    expect((await shipJson([], { cwd })).report).toMatchObject({ status: 'succeeded' });
    const [first] = snapshots(cwd);
    writeFileSync(join(cwd, 'ship.yaml'), config.replace('size: 2', 'size: 3'));
    write('v2');
    await ship([], { cwd });
    expect(edge()).toBe(3);

    const { report } = await shipJson(['--rollback-to', first!], { cwd });

    expect(report).toMatchObject({ status: 'succeeded' });
    expect({ edge: edge(), infra: state().outputs.version?.value }).toEqual({ edge: 2, infra: 'v1' });
  });

  it('given two environments, when each has a workspace of its own, then each has its own state; when they share one, that is told', async () => {
    const own = CONFIG.replace('dir: infra,', 'dir: infra, environments: { production: { workspace: production } },');
    const { cwd, write } = shop(own);
    write('v1');
    expect((await ship([], { cwd })).stderr).toBe('');
    const apart = await ship(['--env', 'production'], { cwd });
    expect({ code: apart.code, told: apart.stdout.includes('is that of') }).toEqual({ code: 0, told: false });
    expect(existsSync(join(cwd, 'infra/terraform.tfstate.d/production/terraform.tfstate'))).toBe(true);

    writeFileSync(join(cwd, 'ship.yaml'), CONFIG);
    const shared = await ship(['--env', 'production'], { cwd });
    expect(shared.stdout).toContain('the state of infra is that of staging, too');
  });

  it('given a configuration that is broken by now, when a snapshot is gone back to, then that keeps nobody from it', async () => {
    const { cwd, write, state } = shop();
    write('v1');
    await ship([], { cwd });
    write('v2');
    await ship([], { cwd });
    writeFileSync(join(cwd, 'infra/main.tf'), 'resource "');

    expect((await shipJson(['--rollback-to', snapshots(cwd)[0]!], { cwd })).report).toMatchObject({ status: 'succeeded' });
    expect(state().outputs.version).toMatchObject({ value: 'v1' });
    rmSync(join(cwd, 'infra/main.tf'));
    expect((await shipJson(['--rollback-to', snapshots(cwd)[1]!], { cwd })).report).toMatchObject({ status: 'succeeded' });
    expect(state().outputs.version).toMatchObject({ value: 'v2' });
  });

  it('given a destroy, when it runs, then it asks first, and nothing is left; when the run is taken back, then the infrastructure is there again, and it was said that what it held is not', async () => {
    const { cwd, write, state, freshPlan } = shop();
    write('v1');
    await ship([], { cwd });
    const down = CONFIG.replace('uses: terraform/apply }', 'uses: terraform/destroy }');
    writeFileSync(join(cwd, 'ship.yaml'), down);
    expect(await ship([], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('what the infrastructure holds is destroyed with it'),
    });
    expect((await ship(['--dry-run'], { cwd })).stdout).toMatch(/delete +terraform_data\.db/);

    const { report, stderr } = await shipJson(['--yes'], { cwd });

    expect(report).toMatchObject({ status: 'succeeded' });
    expect(stderr).toContain('this would destroy terraform_data.db, which may hold data: no rollback brings that back');
    expect(state().resources).toEqual([]);
    const [first] = snapshots(cwd);
    expect((await shipJson(['--rollback-to', first!], { cwd })).report).toMatchObject({ status: 'succeeded' });
    expect(await freshPlan('v1')).toContain(NO_CHANGES);
  });

  it('given a destroy that fails half way, when it is taken back, then all of it is there again', async () => {
    const { cwd, write, freshPlan } = shop();
    const stubborn =
      'resource "terraform_data" "stubborn" {\n  provisioner "local-exec" {\n    when    = destroy\n    command = "test -e ../../../../../may || exit 7"\n  }\n}\n';
    write('v1', stubborn);
    await ship([], { cwd });
    writeFileSync(join(cwd, 'ship.yaml'), CONFIG.replace('uses: terraform/apply }', 'uses: terraform/destroy }'));

    const { report } = await shipJson(['--yes', '--auto-rollback'], { cwd });

    expect(report).toMatchObject({
      status: 'rolled_back',
      failure: { message: expect.stringContaining('terraform apply failed in infra') },
    });
    expect(await freshPlan('v1', stubborn)).toContain(NO_CHANGES);
  });

  it('given outputs, when they are written into a file, then with those that are sensitive, for this user alone; taken back, the file is as it was', async () => {
    const config = CONFIG.replace(
      'uses: terraform/apply }]',
      'uses: terraform/apply }, { id: tell, uses: terraform/output, with: { file: out.json } }]',
    );
    const { cwd, write } = shop(config);
    const pin = 'variable "pin" {}\noutput "pin" {\n  value     = var.pin\n  sensitive = true\n}\n';
    const [env, out] = [{ TF_VAR_pin: 'pin-canary-4711' }, join(cwd, 'out.json')];
    write('v1', pin);
    writeFileSync(out, 'mine', { mode: 0o644 });
    const told = await ship(['--verbose'], { cwd, env });
    expect(told.stdout).toContain('version = "v1"');
    expect(told.stdout).not.toContain('canary');
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual({ pin: 'pin-canary-4711', version: 'v1' });
    expect(statSync(out).mode & 0o777).toBe(0o600);

    expect((await shipJson(['rollback', '--force-rollback'], { cwd, env })).report).toMatchObject({ status: 'rolled_back' });
    expect(readFileSync(out, 'utf8')).toBe('mine');
  });

  it('given files of variables, a backend that the options name, targets and a parallelism, when v2 is taken back, then all of it is as for v1', async () => {
    const own = (file: string) =>
      CONFIG.replace(
        'dir: infra,',
        `dir: infra, var_files: [${file}.tfvars], vars: { extra: "from the config" }, backend_config: { path: "states/own.tfstate" }, parallelism: 1,`,
      );
    const { cwd, write } = shop(own('one'), 'terraform {\n  backend "local" {}\n}\n');
    const more =
      'variable "size" {}\nvariable "extra" { default = "none" }\nresource "terraform_data" "sized" { input = "${var.size} ${var.extra}" }\noutput "sized" { value = terraform_data.sized.output }\n';
    const outputs = () => JSON.parse(readFileSync(join(cwd, 'infra/states/own.tfstate'), 'utf8')).outputs;
    for (const name of ['one', 'two']) writeFileSync(join(cwd, `${name}.tfvars`), `size = "${name}"\nextra = "from the file"\n`);
    write('v1', more);
    await ship([], { cwd });
    expect(outputs().sized.value).toBe('one from the config');
    writeFileSync(
      join(cwd, 'ship.yaml'),
      own('two').replace('uses: terraform/apply', 'uses: terraform/apply, with: { targets: [terraform_data.sized] }'),
    );
    write('v2', more);
    await ship([], { cwd });
    expect(outputs().sized.value).toBe('two from the config');
    expect(outputs().version.value).toBe('v1');
    rmSync(join(cwd, 'one.tfvars'));

    expect((await shipJson(['rollback'], { cwd })).report).toMatchObject({ status: 'rolled_back' });

    expect(outputs().sized.value).toBe('one from the config');
  });

  it('given secrets in variables, when a run is over, then they stand in states alone, for this user alone, and the way back has them', async () => {
    const { cwd, write, state } = shop();
    const secret =
      'variable "pin" { sensitive = true }\nvariable "api_token" { sensitive = true }\nresource "terraform_data" "secret" { input = [var.pin, var.api_token] }\n';
    write('v1', secret);
    writeFileSync(join(cwd, 'infra/terraform.tfvars'), 'pin = "pin-canary-4711"\n');
    const env = { TF_VAR_api_token: 'token-canary-0815' };
    const out = await ship([], { cwd, env });
    const [first] = snapshots(cwd);
    write('v2', secret);
    writeFileSync(join(cwd, 'infra/terraform.tfvars'), 'pin = "another"\n');
    await ship([], { cwd, env });

    expect((await shipJson(['--rollback-to', first!], { cwd, env })).report).toMatchObject({ status: 'succeeded' });

    expect(JSON.stringify(state())).toContain('pin-canary-4711');
    const holding = filesWith(join(cwd, '.speckit'), ['token-canary-0815', 'pin-canary-4711']);
    expect(holding.filter((file) => !/\.tfstate$|objects\//.test(file))).toEqual([]);
    expect(holding.map((file) => (statSync(join(cwd, '.speckit', file)).mode & 0o777).toString(8))).toEqual(holding.map(() => '600'));
    expect(filesWith(join(cwd, '.speckit/objects'), ['token-canary-0815']).length, 'pulled states alone').toBeLessThanOrEqual(1);
    expect(out.stdout + out.stderr).not.toMatch(/canary/);
  });

  it('given an age key, when infrastructure is applied and gone back to, then states and objects are sealed, and the way back opens them', async () => {
    const identity = await generateIdentity();
    const sealing = `plugins: [{ snapshots: { encryption: { recipients: [${await identityToRecipient(identity)}], identity_env: AGE_ID } } }, `;
    const { cwd, write, state } = shop(CONFIG.replace('plugins: [', sealing));
    const env = { AGE_ID: identity };
    const secret = 'variable "pin" { sensitive = true }\nresource "terraform_data" "secret" { input = var.pin }\n';
    write('v1', secret);
    writeFileSync(join(cwd, 'infra/terraform.tfvars'), 'pin = "pin-canary-4711"\n');
    await ship([], { cwd, env });
    write('v2', secret);
    writeFileSync(join(cwd, 'infra/terraform.tfvars'), 'pin = "another"\n');
    await ship([], { cwd, env });
    expect(filesWith(join(cwd, '.speckit'), ['pin-canary-4711', 'triggers_replace'])).toEqual([]);

    expect((await shipJson(['--rollback-to', snapshots(cwd)[0]!], { cwd, env })).report).toMatchObject({ status: 'succeeded' });

    expect(JSON.stringify(state())).toContain('pin-canary-4711');
  });

  it('given --dry-run, then each change is shown with how it would be undone, and nothing is touched', async () => {
    const { cwd, write } = shop();
    write('v1');
    await ship([], { cwd });
    write('v2', 'resource "terraform_data" "extra" {}\n');

    const { stdout, code } = await ship(['--dry-run'], { cwd });

    expect(code).toBe(0);
    expect(stdout).toMatch(/create +terraform_data\.extra/);
    expect(stdout).toMatch(/update +terraform_data\.app \(input, output\)/);
    expect(stdout).toContain('updates terraform_data.app back; destroys terraform_data.extra');
    expect(snapshots(cwd)).toHaveLength(1);
  });

  it('given a hand that took a resource out of the state, and a source that changed, when a snapshot is compared with what is live, then both are told', async () => {
    const { cwd, write } = shop();
    const other = join(cwd, 'other');
    mkdirSync(other);
    const tell = async (said: string) => {
      writeFileSync(join(other, 'main.tf'), `output "said" { value = "${said}" }\n`);
      await runProgram(['terraform', 'init'], { cwd: other });
      await runProgram(['terraform', 'apply', '-auto-approve'], { cwd: other });
    };
    await tell('one');
    const config = `{ path = "${other}/terraform.tfstate" }`;
    write(
      'v1',
      `data "terraform_remote_state" "other" {\n  backend = "local"\n  config  = ${config}\n}\noutput "heard" { value = data.terraform_remote_state.other.outputs.said }\n`,
    );
    await ship([], { cwd });
    await tell('two');
    const byHand = { cwd: join(cwd, 'infra'), env: { TF_DATA_DIR: join(cwd, 'by-hand') } };
    await runProgram(['terraform', 'init'], byHand);
    await runProgram(['terraform', 'state', 'rm', 'terraform_data.app'], byHand);

    const { stdout } = await ship(['snapshots', 'diff', snapshots(cwd)[0]!], { cwd });

    expect(stdout).toContain('infra: going back would create terraform_data.app');
    expect(stdout).toContain('infra: reality has left the state: output heard');
  });
});
