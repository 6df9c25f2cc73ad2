// Every module of ours is evaluated when something of it is first used, not when a file that imports it is:
// a command then runs, and V8's code cache then holds, no more than what it needs.
import { dirname, join } from 'node:path';
import { fileOfId, idOf } from './module-exports.mjs';
import { LazyUses, takeApart } from './module-text.mjs';

const OURS = /[\\/](packages|plugins)[\\/][\w-]+[\\/]dist[\\/].*\.js$/;

/** What the text that is written here asks for. */
export const LAZY_HELPERS = `
const importMetaUrl = { toString: () => require('node:url').pathToFileURL(__filename).href };
const asModule = (loaded) => loaded.__esModule ? loaded : Object.assign(Object.create(loaded), { default: loaded });
const exportAll = (target, from) => { for (const key of Object.keys(from)) if (!(key in target)) Object.defineProperty(target, key, { get: () => from[key] }); };
`;

/** A prefix for modules: each that is loaded is written to the file that `SHIP_LOADS` names. */
export const noteLoad = (id) => `require('node:fs').appendFileSync(process.env.SHIP_LOADS, ${JSON.stringify(`${id}\n`)});\n`;

/**
 * An esbuild plugin. A module is known by its path below the root. `contents` gives the text of some; where `chunkOf`
 * names a chunk for one, that is left to the loader, as `chunk#id`. `prefix` is put before each.
 */
export function lazyModules({ contents = {}, chunkOf = () => undefined, prefix = () => '' } = {}) {
  return {
    name: 'lazy-modules',
    setup({ onResolve, onLoad, resolve }) {
      // In a namespace of their own, since esbuild takes a file of a package of `"type": "module"` for no CommonJS.
      onResolve({ filter: /^\.|^\/|^@ship\// }, async ({ path, pluginData, ...more }) => {
        if (pluginData === 'asked' || more.namespace === 'lazy') return undefined;
        const made = idOf(join(more.resolveDir, path));
        const found = made in contents ? { path: fileOfId(made) } : await resolve(path, { ...more, pluginData: 'asked' });
        if (!OURS.test(found.path)) return found;
        const id = idOf(found.path);
        const chunk = chunkOf(id);
        return chunk === undefined ? { path: id, namespace: 'ship' } : { path: `${chunk}#${id}`, external: true };
      });
      onLoad({ filter: /.*/, namespace: 'ship' }, async ({ path: id }) => ({
        contents: prefix(id) + (contents[id] ?? (await lazily(fileOfId(id)))),
        resolveDir: dirname(fileOfId(id)),
        loader: 'js',
      }));
    },
  };
}

/** A module with each use of an import in the place of the import. */
async function lazily(path) {
  const lazy = new LazyUses();
  const { text, exported, reexported } = await takeApart(path, {
    useOurs: ({ file, name }) => lazy.use(`require(${JSON.stringify(file)})`, name),
    useOther: (from, key, isDefault) => lazy.use(isDefault ? `asModule(require("${from}"))` : `require("${from}")`, key),
  });
  const getters = exported.map(([name, what]) => `  get ${name}() { return ${what}; },\n`).join('');
  const all = reexported.map((from) => `exportAll(module.exports, require("${from}"));\n`).join('');
  return `${lazy.declarations}module.exports = { __esModule: true,\n${getters}};\n${all}${text}`;
}
