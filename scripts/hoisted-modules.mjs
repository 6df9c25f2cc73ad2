// The modules that a kind of command always loads share one scope: what they use of each other is then a variable, and
// there are no modules to make, to ask for and to read through. What lies elsewhere is still loaded at its first use.
import { dirname, join } from 'node:path';
import { LAZY_LIBRARIES } from './lazy-libraries.mjs';
import { exportsOf, fileOf, fileOfId, idOf, isOurs } from './module-exports.mjs';
import { LazyUses, takeApart } from './module-text.mjs';

/** Modules of Node that are there before `ship` begins. */
const ALWAYS = ['node:fs', 'node:path'];
const DYNAMIC = /\bimport\("([^"]+)"\)/g;

/**
 * An esbuild plugin for the chunk of that name. `chunkOf` names the chunk of each module; `contents` gives the text of some,
 * which are CommonJS and stay modules of their own.
 */
export function hoistedModules(chunk, { chunkOf, contents }) {
  const place = (id) => (chunkOf(id) === chunk ? { path: id, namespace: 'ship' } : { path: `${chunkOf(id)}#${id}`, external: true });
  return {
    name: 'hoisted-modules',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^builtin:/ }, ({ path }) => ({ path: path.slice('builtin:'.length), namespace: 'builtin' }));
      onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({ contents: builtin(path), loader: 'js' }));
      onResolve({ filter: /^part:/ }, ({ path, resolveDir }) => ({
        path: path.slice('part:'.length),
        namespace: 'part',
        pluginData: resolveDir,
      }));
      onLoad({ filter: /.*/, namespace: 'part' }, ({ path, pluginData }) => ({
        contents: `export const loaded = require("${path}");`,
        resolveDir: pluginData,
        loader: 'js',
      }));
      onResolve({ filter: /^ship:/ }, ({ path }) => place(path.slice('ship:'.length)));
      onResolve({ filter: /^\./, namespace: 'ship' }, ({ path, importer }) => place(join(dirname(importer), path)));
      onLoad({ filter: /.*/, namespace: 'ship' }, async ({ path: id }) => ({
        contents: contents[id] ?? (await hoisted(fileOfId(id), isHere(chunk, { chunkOf, contents }), chunkOf)),
        resolveDir: dirname(fileOfId(id)),
        loader: 'js',
      }));
    },
  };
}

/** A module of Node, for all that use it. Most are loaded when something of them is used. */
const builtin = (name) =>
  ALWAYS.includes(name)
    ? `export const loaded = require("${name}");`
    : `let loaded; export const load = () => (loaded ??= require("${name}"));`;

const isHere =
  (chunk, { chunkOf, contents }) =>
  (file) =>
    chunkOf(idOf(file)) === chunk && !(idOf(file) in contents);

async function hoisted(path, here, chunkOf) {
  const lazy = new LazyUses();
  const shared = new SharedUses();
  const { text, exported } = await takeApart(path, {
    useOurs: ({ file, name }) => (here(file) ? shared.use(`ship:${idOf(file)}`, name) : lazy.use(`require("ship:${idOf(file)}")`, name)),
    useOther: (from, key, isDefault) => {
      if (ALWAYS.includes(from)) return `${shared.use(`builtin:${from}`, 'loaded')}.${key}`;
      if (from.startsWith('node:')) return `(${shared.use(`builtin:${from}`, 'load')}()).${key}`;
      if (from === 'tapable') return shared.use(`part:tapable/lib/${key}.js`, 'loaded');
      if (LAZY_LIBRARIES.includes(from)) return lazy.use(isDefault ? `asModule(require("${from}"))` : `require("${from}")`, key);
      return shared.use(from, key);
    },
  });
  // What a module only passes on is not asked of it: see `table`.
  const own = exported.filter(([, what]) => /^\w+$/.test(what) && !shared.has(what)).map(([name, what]) => `${what} as ${name}`);
  const body = text.replaceAll(DYNAMIC, (whole, from) => {
    if (!isOurs(from)) return whole;
    const id = idOf(fileOf(path, from));
    return `importModuleFromLoader("${chunkOf(id)}#${id}")`;
  });
  return `${shared.imports}${lazy.declarations}${body}export { ${own.join(', ')} };\n`;
}

/** What is used of modules in the same scope. */
class SharedUses {
  #names = new Map();
  #imports = [];

  use(from, key) {
    const what = `${from} ${key}`;
    if (!this.#names.has(what)) {
      const name = `shared${this.#names.size}_${key}`;
      this.#names.set(what, name);
      this.#imports.push(`import { ${key} as ${name} } from ${JSON.stringify(from)};\n`);
    }
    return this.#names.get(what);
  }

  has(name) {
    return [...this.#names.values()].includes(name);
  }

  get imports() {
    return this.#imports.join('');
  }
}

/**
 * The module that a chunk begins with: it publishes those of its modules that the loader is asked for, each as what it exports.
 * With functions and a switch: to put so many into an object takes V8 a while.
 */
export async function table(chunk, ids, chunks, isAsked) {
  const here = isHere(chunk, chunks);
  const shared = new SharedUses();
  const published = ids.filter(isAsked);
  const modules = [];
  for (const id of published) {
    if (id in chunks.contents) {
      modules.push(`require(${JSON.stringify(`ship:${id}`)})`);
      continue;
    }
    const exported = [...(await exportsOf(fileOfId(id)))].map(([name, origin]) =>
      here(origin.file)
        ? `${name}: ${shared.use(`ship:${idOf(origin.file)}`, origin.name)}`
        : `get ${name}() { return require(${JSON.stringify(`ship:${idOf(origin.file)}`)}).${origin.name}; }`,
    );
    modules.push(`{ ${exported.join(', ')} }`);
  }
  const functions = modules.map((module, index) => `function module${index}() { return ${module}; }\n`);
  const cases = published.map((id, index) => `case ${JSON.stringify(id)}: return module${index}();\n`);
  return `${shared.imports}${functions.join('')}publish((id) => { switch (id) {\n${cases.join('')}} });\n`;
}
