// Deploys version 1, then a broken version 2 that is rolled back by itself, while a client asks throughout and counts.
// Works in a copy of this folder, on free ports of this machine, and leaves nothing behind.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startClient } from './client.mjs';
import { freePort } from './free-port.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const command = join(here, '../../packages/cli/bin/ship.cjs');
const folder = mkdtempSync(join(tmpdir(), 'ship-quickstart-'));
const port = await freePort();
const address = `http://127.0.0.1:${port}/`;
const say = (text) => process.stdout.write(`${text}\n`);
let client;

/** Runs `ship` as a person would, and resolves to its exit status. */
function ship(version, ...flags) {
  say(`\n$ VERSION=${version} ship ${flags.join(' ')}`.trimEnd());
  const env = { ...process.env, VERSION: version, QUICKSTART_PORT: String(port) };
  const child = spawn(process.execPath, [command, ...flags], { cwd: folder, env, stdio: 'inherit' });
  return new Promise((resolve, reject) => child.on('error', reject).on('exit', (code, signal) => resolve(code ?? signal)));
}

function expect(what, found, wanted) {
  if (found !== wanted) throw new Error(`${what}: ${found}, expected ${wanted}`);
}

const ask = async () => (await fetch(address)).text();

async function main() {
  for (const name of ['ship.yaml', 'app']) cpSync(join(here, name), join(folder, name), { recursive: true });
  say(`A web service in two versions, behind ${address}. The second one is broken.`);
  expect('exit status of the first deploy', await ship('1'), 0);
  say(`\n$ curl ${address}\n${(await ask()).trimEnd()}`);

  say('\nFrom here on a client asks for this page without a pause, and counts what fails.');
  client = startClient(port);
  expect('exit status of the broken deploy', await ship('2', '--auto-rollback'), 1);
  const { requests, failed, versions } = await client.stop();
  say(`\n$ curl ${address}\n${(await ask()).trimEnd()}`);
  expect('the version that answers', (await ask()).trim(), 'Hello from version 1');
  say(
    `\nThe client made ${requests} requests: ${failed} failed (${Object.entries(versions)
      .map(([version, count]) => `${version}: ${count}`)
      .join(', ')}).`,
  );
  expect('failed requests', failed, 0);
  expect('exit status of the list', await ship('1', '--list-snapshots'), 0);
}

async function cleanUp() {
  await client?.stop();
  await ship('1', 'release', 'remove', 'web');
  rmSync(folder, { recursive: true, force: true });
}

for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => cleanUp().finally(() => process.exit(130)));
try {
  await main();
  await cleanUp();
  say('\nStopped and removed: nothing is left behind. The config is examples/quickstart/ship.yaml.');
} catch (error) {
  say(`\nThe quickstart failed: ${error.message}`);
  await cleanUp();
  process.exitCode = 1;
}
