// Makes the command of what `tsc` has compiled: the validators of our own schemas, the bundle, and the programs that outlive it.
import { copyFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { validators } from './validators.mjs';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const command = at('packages/cli/dist/ship.cjs');
const shared = { bundle: true, platform: 'node', target: 'node20.19', logLevel: 'warning', legalComments: 'none' };

await build({
  ...shared,
  stdin: { contents: await validators(), resolveDir: at('packages/config') },
  outfile: at('packages/config/dist/precompiled.js'),
  allowOverwrite: true,
  format: 'esm',
});

await build({
  ...shared,
  entryPoints: [at('packages/cli/dist/tsc/main.js')],
  outfile: command,
  format: 'cjs',
  external: [
    'typescript',
    '@cdktn/hcl2json',
    '@electric-sql/pglite',
    '@electric-sql/pglite/*',
    '@guanmingchiu/sqlparser-ts',
    'libpg-query',
  ],
  // Names in stack traces stay as they are written; white space and comments only cost reading time.
  minifyWhitespace: true,
  sourcemap: true,
  sourcesContent: false,
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: "const Import = require('../bin/import.cjs'), importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
});
// As long as what it stands for, so that the source map stays right.
const bundled = readFileSync(command, 'utf8').replaceAll(/\bimport\(/g, 'Import(');
// It is read byte by byte: esbuild escapes texts, and not regular expressions.
if (/[^\0-\x7f]/.test(bundled)) throw new Error('write the characters of regular expressions that are not ASCII as \\u…');
writeFileSync(command, bundled);

for (const program of ['supervisor', 'front']) {
  const outfile = at(`packages/cli/dist/${program}.js`);
  await build({ ...shared, entryPoints: [at(`plugins/release/dist/${program}.js`)], outfile, format: 'esm' });
}

copyFileSync(at('packages/cli/dist/tsc/own-packages.mjs'), at('packages/cli/dist/own-packages.mjs'));
copyFileSync(at('docs/errors.md'), at('packages/cli/dist/errors.md'));
cpSync(at('schemas'), at('packages/cli/dist/schemas'), { recursive: true });
