// Bundles the command: CommonJS files that start fast, and the programs that outlive it.
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildChunks } from './chunks.mjs';
import { buildLazyLibraries, lazyLibraries } from './lazy-libraries.mjs';
import { precompiledSchemas } from './precompile.mjs';
import { pureLibraries } from './pure-libraries.mjs';
import { warmCodeCache } from './warm.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const cli = join(root, 'packages/cli');
const out = join(cli, 'dist');

const shared = { bundle: true, platform: 'node', target: 'node20.19', logLevel: 'warning', legalComments: 'none', minifySyntax: true };

for (const file of existsSync(out) ? readdirSync(out) : []) if (/^ship.*\.(cjs|cache)$/.test(file)) rmSync(join(out, file));
await buildLazyLibraries(root, out, shared);
await buildChunks({ root, out, ...shared, contents: await precompiledSchemas(root), plugins: [lazyLibraries, pureLibraries] });

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
warmCodeCache(cli);
