// Cuts the command into files by what commands load: to read and to compile what a command never runs takes most of a start.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { LAZY_HELPERS, lazyModules } from './lazy-modules.mjs';
import { loadsOf } from './warm.mjs';

const MAIN = 'packages/cli/dist/tsc/main.js';

/** Builds `ship.cjs`, which is what every start loads, and a chunk beside it for what each kind of command loads besides. */
export async function buildChunks({ root, out, ...options }) {
  const chunk = (name, ids, more) => buildChunk({ root, out, name, ids, ...options, ...more });
  // Once in one piece, to see what is loaded when.
  const all = await chunk('ship', [MAIN], {
    prefix: (id) => `require('node:fs').appendFileSync(process.env.SHIP_LOADS, ${JSON.stringify(`${id}\n`)});\n`,
  });
  const chunkOf = new Map(all.map((id) => [id, 'ship-rest']));
  for (const [name, ids] of loadsOf(join(root, 'packages/cli')).reverse()) for (const id of ids) chunkOf.set(id, name);
  for (const name of new Set(chunkOf.values())) {
    const ids = all.filter((id) => chunkOf.get(id) === name);
    await chunk(name, ids, { chunkOf: (id) => (chunkOf.get(id) === name ? undefined : chunkOf.get(id)) });
  }
}

/** A chunk is a table of its modules: each is evaluated when it is asked for. Returns the ids of all that are in it. */
async function buildChunk({ root, out, name, ids, contents, prefix, chunkOf, plugins, ...options }) {
  const outfile = join(out, `${name}.cjs`);
  const entry = `module.exports = {\n${ids.map((id) => `${JSON.stringify(id)}: () => require(${JSON.stringify(`./${id}`)}),\n`).join('')}};`;
  const { metafile } = await build({
    ...options,
    stdin: { contents: entry, resolveDir: root },
    outfile,
    format: 'cjs',
    metafile: true,
    // Names in stack traces stay as they were written; white space and comments only cost reading time.
    minifyWhitespace: true,
    banner: { js: LAZY_HELPERS },
    plugins: [lazyModules({ contents, prefix, chunkOf }), ...plugins],
  });
  // V8's code cache forgets who loads for a script, so a dynamic import in it finds no loader: load.cjs lends its own.
  writeFileSync(outfile, readFileSync(outfile, 'utf8').replace(/\bimport\(/g, 'importModuleFromLoader('));
  return Object.keys(metafile.inputs).flatMap((input) => (input.startsWith('ship:') ? [input.slice('ship:'.length)] : []));
}
