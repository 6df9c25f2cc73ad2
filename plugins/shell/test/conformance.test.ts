import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testAction } from '@ship/testing';
import shell from '../src/index.js';

testAction('shell/run', {
  plugin: shell,
  uses: 'shell/run',
  input: () => ({
    capture: 'cat version log',
    run: 'echo v2 > version; echo "v2 was here" >> log',
    undo: 'echo "$SHIP_CAPTURE" | sed -n 1p > version; echo "$SHIP_CAPTURE" | sed 1d > log',
    probe: '[ "$(cat version log)" = "$SHIP_CAPTURE" ] && exit 3; grep -q v2 version && grep -q v2 log',
  }),
  prepare: (folder) => {
    writeFileSync(join(folder, 'version'), 'v1\n');
    writeFileSync(join(folder, 'log'), 'v0 was here\nv1 was here\n');
  },
  half: (folder) => writeFileSync(join(folder, 'version'), 'v2\n'),
  observe: (folder) => ['version', 'log'].map((name) => readFileSync(join(folder, name), 'utf8')),
  invalid: [{}, { run: '' }, { run: 1 }, { run: 'true', shell: false }, { run: 'true', undoo: 'true' }],
});

testAction('shell/run where nothing was', {
  plugin: shell,
  uses: 'shell/run',
  input: () => ({
    run: 'mkdir made && echo v1 > made/version',
    undo: 'rm -rf made',
    probe: 'test -e made || exit 3; test -e made/version',
  }),
  half: (folder) => mkdirSync(join(folder, 'made')),
  observe: (folder) => readdirSync(folder, { recursive: true }).filter((name) => String(name).startsWith('made')),
});
