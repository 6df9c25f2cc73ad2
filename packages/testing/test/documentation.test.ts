import { execFile } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../src/index.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MODULE = /^```js\n\/\/ (?<name>[\w.]+\.mjs)\n(?<code>.*?)^```$/gms;

/** The modules of a page, by the name in their first line. */
const modulesOf = (page: string): [string, string][] =>
  [...readFileSync(join(ROOT, page), 'utf8').matchAll(MODULE)].map(({ groups }) => [groups!.name!, groups!.code!]);

it.each([
  ['packages/testing/README.md', ['action', 'channel', 'driver', 'executor', 'harness', 'router', 'store']],
  ['docs/plugins.md', ['action', 'banner']],
])('given the tests in %s, when an author runs them as they stand, then all pass', { timeout: 120_000 }, async (page, expected) => {
  const folder = temporaryFolder();
  cpSync(fileURLToPath(new URL('fixtures', import.meta.url)), folder, { recursive: true });
  for (const [name, code] of [...modulesOf('docs/plugins.md').filter(([each]) => each === 'banner.mjs'), ...modulesOf(page)])
    writeFileSync(join(folder, name), code);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));

  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [vitest, 'run', '--root', folder, '--reporter=json', '--testTimeout=30000'],
    {
      cwd: folder,
    },
  );

  const { success, testResults } = JSON.parse(stdout) as { success: boolean; testResults: { name: string }[] };
  expect(success).toBe(true);
  expect(testResults.map(({ name }) => name.slice(name.lastIndexOf('/') + 1)).sort()).toEqual(expected.map((name) => `${name}.test.mjs`));
});
