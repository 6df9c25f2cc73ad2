// Bundles the command: one CommonJS file that starts fast, and the programs that outlive it.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { lazyBuiltins } from './lazy-builtins.mjs';
import { buildLazyLibraries, lazyLibraries } from './lazy-libraries.mjs';
import { precompiledSchemas } from './precompile.mjs';
import { warmCodeCache } from './warm.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const cli = join(root, 'packages/cli');
const out = join(cli, 'dist');

const shared = { bundle: true, platform: 'node', target: 'node20.19', logLevel: 'warning', legalComments: 'none', minifySyntax: true };

await build({
  ...shared,
  entryPoints: [join(cli, 'dist/tsc/main.js')],
  outfile: join(out, 'ship.cjs'),
  format: 'cjs',
  // Names in stack traces stay as they were written; white space and comments only cost reading time.
  minifyWhitespace: true,
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  plugins: [await precompiledSchemas(root), lazyLibraries, lazyBuiltins],
});
await buildLazyLibraries(root, out, shared);

// V8's code cache forgets who loads for a script, so a dynamic import in it finds no loader: load.cjs lends its own.
const bundle = join(out, 'ship.cjs');
writeFileSync(bundle, readFileSync(bundle, 'utf8').replace(/\bimport\(/g, 'importModuleFromLoader('));

const release = join(root, 'plugins/release/dist');
for (const program of ['supervisor', 'front']) {
  const entry = join(release, `${program}.js`);
  if (existsSync(entry))
    await build({
      ...shared,
      entryPoints: [entry],
      outfile: join(out, `${program}.js`),
      format: 'esm',
      banner: { js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);" },
    });
}

mkdirSync(out, { recursive: true });
copyFileSync(join(out, 'tsc/own-packages.mjs'), join(out, 'own-packages.mjs'));
if (existsSync(join(root, 'docs/errors.md'))) copyFileSync(join(root, 'docs/errors.md'), join(out, 'errors.md'));
for (const stale of [`ship.${process.version}-${process.arch}.cache`]) rmSync(join(out, stale), { force: true });
await warmCodeCache(cli);
