import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT, runProgram, shipJson, temporaryFolder } from './support/ship.js';

async function pack(folder: string, into: string): Promise<string> {
  const { code, stdout, stderr } = await runProgram(['npm', 'pack', '--silent', '--ignore-scripts', '--pack-destination', into], {
    cwd: join(ROOT, folder),
  });
  if (code !== 0) throw new Error(stderr);
  return join(into, stdout.trim().split('\n').at(-1)!);
}

it('given the packed command and a packed plugin of somebody else, when a stranger installs both in an empty folder, then the plugin acts, sees the three public hooks, and is undone', {
  timeout: 180_000,
}, async () => {
  const folder = temporaryFolder();
  const tarballs = [];
  for (const each of ['packages/redact', 'packages/system', 'packages/core', 'packages/exec', 'packages/cli', 'examples/plugin'])
    tarballs.push(await pack(each, folder));
  writeFileSync(join(folder, 'package.json'), '{ "name": "stranger", "private": true }');
  // npm asks the registry for each name, though all are at hand; what it does not get there it need not have.
  const installed = await runProgram(['npm', 'install', '--prefer-offline', '--fetch-retries=0', '--no-audit', '--no-fund', ...tarballs], {
    cwd: folder,
  });
  expect(installed.stderr).not.toContain('npm error');
  cpSync(join(ROOT, 'examples/plugin/demo/ship.yaml'), join(folder, 'ship.yaml'));

  const ended = await runProgram([join(folder, 'node_modules/.bin/ship'), '--auto-rollback', '--json'], { cwd: folder });

  const report = JSON.parse(ended.stdout);
  expect(report).toMatchObject({
    status: 'rolled_back',
    exit_code: 1,
    steps: [
      { id: 'touch', status: 'undone' },
      { id: 'break', status: 'failed' },
    ],
  });
  expect(existsSync(join(folder, 'touched.txt'))).toBe(false);
  expect(readFileSync(join(folder, 'witness.log'), 'utf8')).toBe(
    'beforeStep touch\nbeforeStep break\nonFailure step_failed CRITICAL\nafterRollback complete\n',
  );
});

it('given a plugin beside the config and no @ship/core installed there, when it runs, then it is given the copy of the command', async () => {
  const folder = temporaryFolder();
  for (const name of ['index.mjs', 'demo/ship.yaml']) cpSync(join(ROOT, 'examples/plugin', name), join(folder, name.replace('demo/', '')));
  const config = readFileSync(join(folder, 'ship.yaml'), 'utf8').replace('witness:', './index.mjs:').replace('exit 1', 'exit 0');
  writeFileSync(join(folder, 'ship.yaml'), config);

  const { report } = await shipJson([], { cwd: folder });

  expect(report).toMatchObject({ status: 'succeeded', exit_code: 0 });
  expect(readFileSync(join(folder, 'touched.txt'), 'utf8')).toBe('new');
});
