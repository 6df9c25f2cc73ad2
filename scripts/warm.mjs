// Runs the command with a small config: to see what it loads, and so that V8's code cache holds the functions that a start really uses.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

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
  - { id: one, run: 'test -z "$SHIP_LOADS" || echo >> "$SHIP_LOADS"', undo: "true", timeout: 10s }
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

const KEEP_CODE = fileURLToPath(new URL('keep-code.cjs', import.meta.url));

/** Kinds of commands, by the chunks for what they load over those before: the second one holds what comes after a first step has begun. */
const KINDS = [
  { chunks: ['ship'], words: ['validate'] },
  { chunks: ['ship-deploy', 'ship-end'], words: [] },
  { chunks: ['ship-list'], words: ['snapshots', 'list'] },
];

/** A module that several load is in the first of these: a list takes what it needs of the end of a run, and leaves the rest of that alone. */
const PRECEDENCE = ['ship', 'ship-deploy', 'ship-list', 'ship-end'];

/** The modules that each kind of command loads, by the name of its chunk; the chunks in the order of their precedence. */
export function loadsOf(cli) {
  const loads = inWarmFolder((folder) => KINDS.flatMap((kind) => loadsOfKind(cli, folder, kind)));
  return loads.sort(([one], [other]) => PRECEDENCE.indexOf(one) - PRECEDENCE.indexOf(other));
}

function loadsOfKind(cli, folder, { chunks, words }) {
  const loads = join(folder, `${chunks[0]}.loads`);
  run([join(cli, 'bin/ship.cjs')], folder, words, { SHIP_LOADS: loads });
  // The first step leaves an empty line.
  const parts = readFileSync(loads, 'utf8').trim().split('\n\n');
  if (parts.length !== chunks.length) throw new Error(`${chunks[0]}: a first step was seen ${parts.length - 1} times`);
  return chunks.map((name, index) => [name, parts[index].split('\n')]);
}

/** What loads the chunks that no kind above does: to look for a cache that is not there takes longer than to open one. */
const OTHERS = [['rollback'], ['--help']];

/** Each chunk has one cache for runs, and one for verbs: of what all kinds of commands use of it. A list uses the index that the first one made. */
export function warmCodeCache(cli) {
  const bin = join(cli, 'bin/ship.cjs');
  inWarmFolder((folder) => {
    for (const words of [...KINDS.map((kind) => kind.words), ['snapshots', 'list']]) run([KEEP_CODE, bin], folder, words);
    for (const words of OTHERS) run([bin], folder, words);
  });
}

/** Without `--config`, as nearly all starts are: the file is found where it lies. */
function run(programs, folder, words, env) {
  execFileSync(process.execPath, [...programs, ...words], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, CI: 'true', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
    cwd: folder,
  });
}

function inWarmFolder(act) {
  const folder = mkdtempSync(join(tmpdir(), 'ship-warm-'));
  try {
    writeFileSync(join(folder, 'ship.yaml'), CONFIG);
    return act(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
