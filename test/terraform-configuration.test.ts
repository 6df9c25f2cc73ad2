import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasProgram } from './services/started.js';
import { ship, shipJson } from './support/ship.js';
import { BAD, CONFIG, type Shop, shop } from './support/terraform.js';

describe.skipIf(!hasProgram('terraform'))('what is wrong with a configuration, with the real terraform', () => {
  const validated = async ({ cwd }: Pick<Shop, 'cwd'>, env: Record<string, string> = {}) => {
    const { code, stderr } = await ship(['validate'], { cwd, env });
    expect(code).toBe(2);
    expect(existsSync(join(cwd, '.speckit/runs'))).toBe(false);
    return stderr;
  };

  it('given no folder, an empty one, or none that is named, then each is told with exit 2', async () => {
    const none = shop();
    rmSync(join(none.cwd, 'infra'), { recursive: true });
    expect(await validated(none)).toContain('step infra: infra is no folder');
    mkdirSync(join(none.cwd, 'infra'));
    expect(await validated(none)).toContain('step infra: infra holds no configuration: there is no file *.tf in it');
    expect(await validated(shop(CONFIG.replace('{ dir: infra, stateful: [terraform_data.db] }', '{}')))).toContain(
      '`dir` names the folder of the configuration',
    );
  });

  it('given a syntax error, then Terraform says so itself, with file and line', async () => {
    const broken = shop();
    broken.write('v1', 'resource "terraform_data" {\n  input = \n');
    expect(await validated(broken)).toMatch(/main\.tf:\d+.*(?:Invalid expression|Unclosed configuration block|Missing)/);
  });

  it('given a variable without a value, then it is told where it stands; given one by any way, then it is not', async () => {
    const open = shop();
    open.write('v1', 'variable "size" {\n  type = number\n}\n');
    expect(await validated(open)).toMatch(/main\.tf:\d+: the variable size has no value/);
    expect((await ship(['validate'], { cwd: open.cwd, env: { TF_VAR_size: '3' } })).code).toBe(0);
    writeFileSync(join(open.cwd, 'infra/terraform.tfvars'), 'size = 3\n');
    expect((await ship(['validate'], { cwd: open.cwd })).code).toBe(0);
  });

  it('given a binary that is too old, none, or something else, then path, found and needed are told', async () => {
    const old = shop(CONFIG.replace('dir: infra,', 'dir: infra, binary: ./old,'));
    old.write('v1');
    writeFileSync(join(old.cwd, 'old'), '#!/bin/sh\necho "Terraform v1.3.9"\n', { mode: 0o755 });
    expect(await validated(old)).toMatch(/\/old is 1\.3\.9, and 1\.4\.0 or newer is needed/);
    writeFileSync(join(old.cwd, 'old'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
    expect(await validated(old)).toContain('/old is neither terraform nor tofu: `version` makes it write "hello\\n"');
    rmSync(join(old.cwd, 'old'));
    expect(await validated(old)).toContain('./old is not on PATH');
  });

  it('given tofu on the PATH and no terraform, then that is used, and named; given both, terraform is', async () => {
    const { cwd, write } = shop();
    write('v1');
    // The real tofu cannot be had here: this stand-in says that it is one, and has terraform do the work.
    const terraform = process.env.PATH!.split(':').find((folder) => existsSync(join(folder, 'terraform')))!;
    const standIn = `#!/bin/sh\nif [ "$1" = version ]; then echo "OpenTofu v1.8.1"; else exec ${terraform}/terraform "$@"; fi\n`;
    mkdirSync(join(cwd, 'bin'));
    writeFileSync(join(cwd, 'bin/tofu'), standIn, { mode: 0o755 });
    const env = { PATH: `${join(cwd, 'bin')}:/usr/bin:/bin` };

    expect((await ship([], { cwd, env })).code).toBe(0);
    expect((await ship(['doctor'], { cwd, env })).stdout).toContain(`tofu 1.8.1 (${join(cwd, 'bin/tofu')})`);
    write('v2', BAD);
    const failed = await shipJson(['--auto-rollback'], { cwd, env });
    expect(failed.report).toMatchObject({
      status: 'rolled_back',
      failure: { message: expect.stringContaining('tofu apply failed in infra') },
    });
    expect((await ship(['doctor'], { cwd, env: { PATH: `${env.PATH}:${terraform}` } })).stdout).toMatch(/terraform \d+\.\d+\.\d+ \(/);
  });
});
