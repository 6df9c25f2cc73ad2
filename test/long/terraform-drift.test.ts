import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { hasProgram } from '../services/started.js';
import { startFilesProvider } from '../services/terraform-provider.js';
import { project, runProgram, shipJson } from '../support/ship.js';
import { started } from '../support/started.js';

const CONFIG = `version: 1
project: shop
environments: { staging: {} }
plugins: [{ terraform: { dir: infra } }]
steps: [{ id: infra, uses: terraform/apply }]
`;

/** A file as a configuration has it: its name in the folder `site`, and what else its block says. */
interface Page {
  readonly file?: string;
  readonly content: string;
  readonly more?: string;
}

/** A project whose infrastructure is files that lie outside of Terraform's state, made by a provider of our own. */
async function site(config = CONFIG) {
  const { env, requiredProviders } = await startFilesProvider();
  const cwd = project(config);
  for (const folder of ['infra', 'site']) mkdirSync(join(cwd, folder));
  const at = (file: string) => join(cwd, 'site', file);
  const block = ([name, { file = name, content, more = '' }]: [string, Page]) =>
    `resource "files_file" "${name}" {\n  path    = "${at(file)}"\n  content = "${content}"\n  ${more}\n}\n`;
  return {
    cwd,
    env,
    at,
    write: (pages: Record<string, Page>, more = '') =>
      writeFileSync(join(cwd, 'infra/main.tf'), [requiredProviders, ...Object.entries(pages).map(block), more].join('\n')),
    /** Every file that is there, with its content. */
    files: () => Object.fromEntries(readdirSync(at('')).map((file) => [file, readFileSync(at(file), 'utf8')])),
    /** What Terraform would do, asked without ship. */
    terraform: async (...args: string[]) => {
      const own = { ...env, TF_DATA_DIR: join(cwd, 'by-hand'), CHECKPOINT_DISABLE: '1' };
      const { code, stdout, stderr } = await runProgram(['terraform', ...args, '-no-color'], { cwd: join(cwd, 'infra'), env: own });
      return { code, told: stdout + stderr };
    },
    run: (args: readonly string[] = []) => shipJson(args, { cwd, env }),
    /** Deploys, and answers the snapshot. */
    deploy: async () => {
      const { report } = await shipJson([], { cwd, env });
      expect(report).toMatchObject({ status: 'succeeded', snapshot: expect.any(String) });
      return report.snapshot!;
    },
  };
}

describe.skipIf(!hasProgram('terraform'))('infrastructure outside of its state, with the real terraform', () => {
  it('given no ship, then terraform takes the provider: it applies, finds nothing, finds drift, mends it, imports, destroys', async () => {
    const { write, files, at, terraform } = await site();
    write({ page: { content: 'one', more: 'delay_ms = 2500' }, copy: { content: '${files_file.page.id}' } });
    await terraform('init');
    expect((await terraform('apply', '-auto-approve')).told).toContain('Resources: 2 added, 0 changed, 0 destroyed');
    expect(files()).toEqual({ page: 'one', copy: at('page') });
    expect((await terraform('plan', '-detailed-exitcode')).code).toBe(0);

    writeFileSync(at('page'), 'by hand');
    rmSync(at('copy'));
    expect((await terraform('plan', '-refresh-only')).told).toMatch(/files_file\.copy has been deleted[\s\S]*files_file\.page has changed/);
    expect((await terraform('apply', '-auto-approve')).told).toContain('Resources: 1 added, 1 changed, 0 destroyed');

    writeFileSync(at('old'), 'there already');
    write({ old: { content: 'there already' } }, `import {\n  to = files_file.old\n  id = "${at('old')}"\n}`);
    expect((await terraform('apply', '-auto-approve')).told).toContain('Resources: 1 imported, 0 added, 0 changed, 2 destroyed');
    expect(files()).toEqual({ old: 'there already' });
    expect((await terraform('destroy', '-auto-approve')).told).toContain('Resources: 1 destroyed');
    expect(files()).toEqual({});
  });

  it('given a file of somebody else, a folder that is not there, a relative path, then the provider says so, and touches nothing', async () => {
    const { write, files, at, terraform } = await site();
    writeFileSync(at('taken'), 'of somebody else');
    write({ taken: { content: 'mine' } });
    await terraform('init');
    expect((await terraform('apply', '-auto-approve')).told).toMatch(/The file could not be written[\s\S]*EEXIST/);
    write({ lost: { file: 'nowhere/lost', content: 'x' } });
    expect((await terraform('apply', '-auto-approve')).told).toMatch(/The file could not be written[\s\S]*ENOENT/);
    write({}, 'resource "files_file" "here" {\n  path    = "here"\n  content = "x"\n}');
    expect((await terraform('apply', '-auto-approve')).told).toMatch(/The path is not absolute[\s\S]*"here" does not begin with "\/"/);
    expect(files()).toEqual({ taken: 'of somebody else' });
  });

  it('given a file that was changed by hand, then the snapshot tells it, the way back asks for force, and brings the old one back', async () => {
    const { write, files, at, run, deploy } = await site();
    write({ page: { content: 'one' } });
    const first = await deploy();
    write({ page: { content: 'two' } });
    await deploy();
    writeFileSync(at('page'), 'by hand');

    const compared = await run(['snapshots', 'diff', first]);
    expect(JSON.stringify(compared.report.result)).toContain('infra: reality has left the state: files_file.page (content)');

    const refused = await run(['--rollback-to', first]);
    expect({ code: refused.code, files: files() }).toEqual({ code: 6, files: { page: 'by hand' } });
    expect(refused.stderr).toContain('infra: reality has left the state: files_file.page (content)');

    const forced = await run(['--rollback-to', first, '--force-rollback']);
    expect(forced.report).toMatchObject({ status: 'succeeded', rollback: { parts: [{ name: 'terraform', status: 'restored' }] } });
    expect(forced.report.rollback?.findings).toContainEqual(expect.objectContaining({ level: 'warn', rule: 'terraform-drift' }));
    expect(files()).toEqual({ page: 'one' });
  });

  it('given a file that was removed by hand, then it is told as gone, and the way back makes it again', async () => {
    const { write, files, at, run, deploy } = await site();
    write({ page: { content: 'one' } });
    const first = await deploy();
    write({ page: { content: 'two' } });
    await deploy();
    rmSync(at('page'));

    expect(JSON.stringify((await run(['snapshots', 'diff', first])).report.result)).toContain(
      'reality has left the state: files_file.page is gone',
    );
    const refused = await run(['--rollback-to', first]);
    expect({ code: refused.code, files: files() }).toEqual({ code: 6, files: {} });
    expect(refused.stderr).toContain('infra: reality has left the state: files_file.page is gone');

    expect((await run(['--rollback-to', first, '--force-rollback'])).code).toBe(0);
    expect(files()).toEqual({ page: 'one' });
  });

  it('given v2 that moved a file, when it is gone back, then 6, for the file may hold data; declared stateless, it is moved back', async () => {
    const { cwd, write, files, run, deploy } = await site();
    write({ page: { content: 'one' } });
    const first = await deploy();
    write({ page: { file: 'moved', content: 'one' } });
    await deploy();

    const refused = await run(['--rollback-to', first, '--force-rollback']);
    expect({ code: refused.code, files: files() }).toEqual({ code: 6, files: { moved: 'one' } });
    expect(refused.stderr).toContain('infra: would replace files_file.page, which may hold data (cannot update)');

    writeFileSync(join(cwd, 'ship.yaml'), CONFIG.replace('dir: infra', 'dir: infra, stateless: [files_file]'));
    expect((await run(['--rollback-to', first])).report).toMatchObject({ status: 'succeeded' });
    expect(files()).toEqual({ page: 'one' });
  });

  it('given v2 that fails half way, when it is rolled back by itself, then each file is as v1 had it, and what v2 made is gone', async () => {
    const { write, files, run, deploy, terraform } = await site();
    write({ page: { content: 'one' }, style: { content: 'plain' } });
    const first = await deploy();
    const last = 'depends_on = [files_file.page, files_file.extra]';
    write({
      page: { content: 'two' },
      extra: { content: 'new' },
      style: { content: 'fail', more: last },
      half: { content: 'fail', more: last },
    });

    const { report, code } = await run(['--auto-rollback']);

    expect({ code, status: report.status }).toEqual({ code: 1, status: 'rolled_back' });
    expect(report.failure?.message).toMatch(
      /terraform apply failed in infra: .*The file could not be written \(only half of \S+ could be written\)/,
    );
    expect(report.rollback).toMatchObject({ target_snapshot: first });
    expect(files()).toEqual({ page: 'one', style: 'plain' });
    write({ page: { content: 'one' }, style: { content: 'plain' } });
    await terraform('init');
    expect((await terraform('plan', '-detailed-exitcode')).code).toBe(0);
  });

  it('given a first deployment that fails, when it is rolled back, then no file that it made is there', async () => {
    const { write, files, at, run } = await site();
    writeFileSync(at('neighbour'), 'of somebody else');
    write({ page: { content: 'one' }, half: { content: 'fail', more: 'depends_on = [files_file.page]' } });

    const { report, code } = await run(['--auto-rollback']);

    expect({ code, status: report.status }).toEqual({ code: 1, status: 'rolled_back' });
    expect(report.rollback?.findings.map(({ message }) => message).join()).toContain('it was made by what is taken back now');
    expect(files()).toEqual({ neighbour: 'of somebody else' });
  });

  it('given files that were there before and were imported, when the deployment is rolled back, then they stay, and the state knows them no longer', async () => {
    for (const isFirst of [true, false]) {
      const { write, files, at, run, deploy, terraform } = await site();
      if (!isFirst) {
        write({ page: { content: 'one' } });
        await deploy();
      }
      writeFileSync(at('old'), 'precious');
      const taken = `import {\n  to = files_file.old\n  id = "${at('old')}"\n}`;
      write(
        { page: { content: 'two' }, old: { content: 'precious' }, half: { content: 'fail', more: 'depends_on = [files_file.old]' } },
        taken,
      );

      const { report, code } = await run(['--auto-rollback']);

      expect({ code, status: report.status }).toEqual({ code: 1, status: 'rolled_back' });
      expect(report.rollback?.findings.map(({ message }) => message)).toContain('infra: would forget files_file.old: it was imported');
      expect(files()).toEqual({ old: 'precious', ...(isFirst ? {} : { page: 'one' }) });
      await terraform('init');
      expect((await terraform('state', 'list')).told).not.toContain('files_file.old');
    }
  });

  it('given v2 that gave a resource another name and fails, when it is rolled back, then it has the old name again, and is the same one', async () => {
    const { write, files, at, run, deploy, terraform } = await site();
    write({ page: { content: 'one' } });
    await deploy();
    const { ino } = statSync(at('page'));
    const moved = 'moved {\n  from = files_file.page\n  to   = files_file.front\n}';
    const half = { content: 'fail', more: 'depends_on = [files_file.front]' };
    write({ front: { file: 'page', content: 'two' }, half }, moved);

    const { report, code } = await run(['--auto-rollback']);

    expect({ code, status: report.status }).toEqual({ code: 1, status: 'rolled_back' });
    expect(report.rollback?.findings.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        'infra: the way back: 1 to update, 1 to destroy',
        'infra: would call files_file.front files_file.page again',
      ]),
    );
    expect({ files: files(), ino: statSync(at('page')).ino }).toEqual({ files: { page: 'one' }, ino });
    await terraform('init');
    expect((await terraform('state', 'list')).told).toContain('files_file.page');
  });

  it('given snapshots before an import and before two renames, when it is gone back to them, then each is the same resource, let go of or renamed', async () => {
    const { write, files, at, run, deploy, terraform } = await site(CONFIG.replace('dir: infra', 'dir: infra, stateless: [files_file]'));
    const moved = (from: string, to: string) => `moved {\n  from = files_file.${from}\n  to   = files_file.${to}\n}\n`;
    const taken = `import {\n  to = files_file.old\n  id = "${at('old')}"\n}\n`;
    const names = async () => (await terraform('state', 'list')).told.match(/files_file\.\w+/g);
    write({ page: { content: 'one' } });
    const first = await deploy();
    const { ino } = statSync(at('page'));
    writeFileSync(at('old'), 'precious');
    write({ front: { file: 'page', content: 'two' }, old: { content: 'precious' } }, taken + moved('page', 'front'));
    const second = await deploy();
    const past = moved('old', 'older') + moved('front', 'door');
    write({ door: { file: 'page', content: 'three' }, older: { file: 'old', content: 'precious' } }, past);
    await deploy();
    await terraform('init');

    expect(JSON.stringify((await run(['snapshots', 'diff', first])).report.result)).toMatch(
      /would forget files_file\.old: it was imported.*would call files_file\.door files_file\.page again/,
    );
    expect((await run(['--rollback-to', second])).report).toMatchObject({ status: 'succeeded' });
    expect({ files: files(), names: await names(), ino: statSync(at('page')).ino }).toEqual({
      files: { page: 'two', old: 'precious' },
      names: ['files_file.front', 'files_file.old'],
      ino,
    });
    await deploy();
    expect((await run(['--rollback-to', first])).report).toMatchObject({ status: 'succeeded' });
    expect({ files: files(), names: await names(), ino: statSync(at('page')).ino }).toEqual({
      files: { page: 'one', old: 'precious' },
      names: ['files_file.page'],
      ino,
    });
  });

  it('given an import that changes what it takes on, then it is told beforehand that no rollback brings that back', async () => {
    const { write, files, at, run } = await site();
    writeFileSync(at('old'), 'precious');
    write({ old: { content: 'two' } }, `import {\n  to = files_file.old\n  id = "${at('old')}"\n}`);

    const { stderr } = await run();

    expect(stderr).toContain('this would update files_file.old (content), which it imports: no rollback brings that back');
    expect(files()).toEqual({ old: 'two' });
  });

  it.each([
    ['Ctrl-C', 'SIGINT', 130],
    ['the end of ship', 'SIGKILL', null],
  ] as const)(
    'given %s while a file is under way, when the run is taken back, then the file that was half made is gone',
    async (_, signal, code) => {
      const { cwd, env, write, files, at, run, deploy } = await site();
      write({ page: { content: 'one' } });
      await deploy();
      write({ page: { content: 'two' }, slow: { content: 'new', more: 'delay_ms = 60000\n  depends_on = [files_file.page]' } });
      const { child, end } = started([], cwd, env);
      await vi.waitUntil(() => existsSync(at('slow')), 20_000);

      child.kill(signal);
      expect((await end).code).toBe(code);
      expect(files()).toEqual({ page: 'two', slow: '' });

      expect((await run(['recover', '--back'])).report).toMatchObject({ status: 'rolled_back', exit_code: 0 });
      expect(files()).toEqual({ page: 'one' });
    },
  );

  it('given a way back that fails half way, then 4, and the command that is told finishes it', async () => {
    const { write, files, at, run, deploy } = await site();
    write({ page: { content: 'one' }, gone: { content: 'old' } });
    const first = await deploy();
    write({ page: { content: 'two' } });
    await deploy();
    writeFileSync(at('gone'), 'of somebody else');

    const { report, code } = await run(['--rollback-to', first]);

    expect({ code, files: files() }).toEqual({ code: 4, files: { page: 'one', gone: 'of somebody else' } });
    const command = `ship --rollback-to ${first}`;
    expect(report.rollback?.remaining).toMatchObject([
      { what: 'terraform', command, error: { message: expect.stringContaining('EEXIST') } },
    ]);
    rmSync(at('gone'));
    expect((await run(command.split(' ').slice(1))).report).toMatchObject({ status: 'succeeded' });
    expect(files()).toEqual({ page: 'one', gone: 'old' });
  });

  it('given a provider that is gone, then nobody can tell whether there is a way back, it is refused, and nothing is changed', async () => {
    const { cwd, env, write, files, deploy } = await site();
    write({ page: { content: 'one' } });
    const first = await deploy();
    write({ page: { content: 'two' } });
    await deploy();
    const nowhere = { TF_REATTACH_PROVIDERS: env.TF_REATTACH_PROVIDERS.replace(/127\.0\.0\.1:\d+/, '127.0.0.1:1') };

    const { code, stderr } = await shipJson(['--rollback-to', first], { cwd, env: nowhere });

    expect({ code, files: files() }).toEqual({ code: 6, files: { page: 'two' } });
    expect(stderr).toMatch(/nobody can tell whether terraform can go back: .*Reattachment process not found/);
  });
});
