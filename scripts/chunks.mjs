// Cuts the command into files by what commands load: to read and to compile what a command never runs takes most of a start.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, transform } from 'esbuild';
import { hoistedModules, table } from './hoisted-modules.mjs';
import { LAZY_HELPERS, lazyModules, noteLoad } from './lazy-modules.mjs';
import { loadsOf } from './warm.mjs';

const MAIN = 'packages/cli/dist/tsc/main.js';
const REST = 'ship-rest';
/** The chunk that runs the others. */
const FIRST = 'ship';
/** How the loader calls a chunk. In the file itself, since a text that is put together when it is read is copied once more. */
const [OPENING, CLOSING] = ['(function (require, publish, __filename, __dirname, importModuleFromLoader) {', '\n})'];

/** Builds `ship.cjs`, which is what every start loads, and a chunk beside it for what each kind of command loads besides. */
export async function buildChunks({ root, out, contents, plugins, ...options }) {
  const write = (name, entry, ours) =>
    writeChunk({
      ...options,
      stdin: { contents: entry, resolveDir: root },
      outfile: join(out, `${name}.cjs`),
      isFirst: name === FIRST,
      plugins: [ours, ...plugins],
    });
  const lazily = (name, ids, more) => write(name, lazyTable(ids), lazyModules({ contents, ...more }));
  // Once in one piece, to see what is loaded when.
  const all = await lazily(FIRST, [MAIN], {
    prefix: noteLoad,
  });
  const chunkOf = new Map(all.map((id) => [id, REST]));
  for (const [name, ids] of loadsOf(join(root, 'packages/cli')).reverse()) for (const id of ids) chunkOf.set(id, name);
  const chunks = { contents, chunkOf: (id) => chunkOf.get(id) };
  const names = [...new Set(chunkOf.values())];
  const writeAll = async (isAsked) => {
    for (const name of names) {
      const ids = all.filter((id) => chunkOf.get(id) === name);
      if (name === REST) await lazily(name, ids, { chunkOf: (id) => (chunkOf.get(id) === name ? undefined : chunkOf.get(id)) });
      else await write(name, await table(name, ids, chunks, isAsked), hoistedModules(name, chunks));
    }
  };
  // Twice, since only what is written tells what the chunks ask each other for.
  await writeAll(() => true);
  const asked = new Set([MAIN, ...names.flatMap((name) => asksOf(readFileSync(join(out, `${name}.cjs`), 'utf8')))]);
  await writeAll((id) => asked.has(id));
}

/** The modules that a chunk asks the loader for, as `chunk#module`. */
const asksOf = (text) => Array.from(text.matchAll(/"ship[a-z-]*#([^"]+)"/g), ([, id]) => id);

/** The module that a chunk begins with: each other is evaluated when it is asked for. */
const lazyTable = (ids) =>
  `publish((id) => { switch (id) {\n${ids.map((id) => `case ${JSON.stringify(id)}: return require(${JSON.stringify(`./${id}`)});\n`).join('')}} });`;

/** Returns the ids of all modules that are in the chunk. */
async function writeChunk({ isFirst, ...options }) {
  const { metafile } = await build({
    ...options,
    format: 'cjs',
    metafile: true,
    // Names in stack traces stay as they were written; white space and comments only cost reading time.
    minifyWhitespace: true,
    banner: { js: LAZY_HELPERS },
  });
  const { outfile } = options;
  // V8's code cache forgets who loads for a script, so a dynamic import in it finds no loader: the loader lends its own.
  const text = readFileSync(outfile, 'utf8').replace(/\bimport\(/g, 'importModuleFromLoader(');
  const chunk = `${OPENING}${text}${CLOSING}`;
  writeFileSync(outfile, isFirst ? await withLoader(chunk) : chunk);
  return Object.keys(metafile.inputs).flatMap((input) => (input.startsWith('ship:') ? [input.slice('ship:'.length)] : []));
}

async function withLoader(chunk) {
  const { code } = await transform(readFileSync(new URL('chunk-loader.cjs', import.meta.url), 'utf8'), { minifyWhitespace: true });
  return code.replace('FIRST_CHUNK', () => chunk);
}
