// Runs the command once with a small config, so that V8's code cache holds the functions that a start really uses.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CONFIG = `version: 1
project: warm
steps:
  - { id: one, run: "true", undo: "true", timeout: 10s }
  - { id: two, run: "true", needs: [], retry: { times: 1 } }
`;

export async function warmCodeCache(cli) {
  const folder = mkdtempSync(join(tmpdir(), 'ship-warm-'));
  try {
    writeFileSync(join(folder, 'ship.yaml'), CONFIG);
    const env = { ...process.env, SHIP_BUILD_CACHE: '1', CI: 'true' };
    execFileSync(process.execPath, [join(cli, 'bin/ship.cjs'), '--config', join(folder, 'ship.yaml')], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
      cwd: folder,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
