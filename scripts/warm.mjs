// Runs the command once with a small config, so that V8's code cache holds the functions that a start really uses.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CONFIG = `# The shapes that configs are made of.
version: 1
project: warm
environments: { staging: {}, production: { approval: required } }
default_environment: staging
optimization:
  rollback: { enabled: true, auto_on_failure: false, snapshot_count: 5 }
plugins: [git, { shell: {} }]
max_parallel: 2
steps:
  - { id: one, run: "true", undo: "true", timeout: 10s }
  - { id: two, run: "true", needs: [], retry: { times: 1, on: [network_error], delay: 1s } }
  - id: three
    run: echo "\${HOME}" 'single'
    capture: echo captured
    undo: |
      true
    env: { NAME: "\${WARM_NAME:-value}" }
    when: { environment: [staging] }
verify:
  smoke:
    - { run: "true", timeout: 5s, retry: { times: 1 } }
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
