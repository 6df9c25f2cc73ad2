// Every module of ours is evaluated when something of it is first used, not when a file that imports it is:
// a command then runs, and V8's code cache then holds, no more than what it needs.
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const OURS = /[\\/](packages|plugins)[\\/][\w-]+[\\/]dist[\\/].*\.js$/;
const IMPORT = /^var (import_\w+) = (?:__toESM\()?require\("([^"]+)"\)(?:(?:, 1)?\))?;\n/gm;
const EXPORTS =
  /^var stdin_exports = \{\};\n(?:__export\(stdin_exports, \{\n([\s\S]*?)\n\}\);\n)?module\.exports = __toCommonJS\(stdin_exports\);\n/m;
const REEXPORT = /^__reExport\(stdin_exports, (require\("[^"]+"\)), module\.exports\);$/gm;

/** What the text that `lazyModules` writes asks for. */
export const LAZY_HELPERS = `
const importMetaUrl = { toString: () => require('node:url').pathToFileURL(__filename).href };
const asModule = (loaded) => loaded.__esModule ? loaded : Object.assign(Object.create(loaded), { default: loaded });
const exportAll = (target, from) => { for (const key of Object.keys(from)) if (!(key in target)) Object.defineProperty(target, key, { get: () => from[key] }); };
`;

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
        const made = relative(root, join(more.resolveDir, path));
        const found = made in contents ? { path: join(root, made) } : await resolve(path, { ...more, pluginData: 'asked' });
        if (!OURS.test(found.path)) return found;
        const id = relative(root, found.path);
        const chunk = chunkOf(id);
        return chunk === undefined ? { path: id, namespace: 'ship' } : { path: `${chunk}#${id}`, external: true };
      });
      onLoad({ filter: /.*/, namespace: 'ship' }, async ({ path: id }) => ({
        contents: prefix(id) + (contents[id] ?? (await lazily(join(root, id)))),
        resolveDir: dirname(join(root, id)),
        loader: 'js',
      }));
    },
  };
}

/** What esbuild makes of a module as CommonJS, with each use of an import in the place of the import. */
async function lazily(path) {
  const define = { 'import.meta.url': 'importMetaUrl' };
  const { code } = await transform(await readFile(path, 'utf8'), { format: 'cjs', platform: 'node', target: 'node20.19', define });
  const start = code.indexOf('var stdin_exports');
  if (start < 0) return code;
  const names = new Map();
  let body = code
    .slice(start)
    .replace(/^\/\/ Annotate the CommonJS export names[\s\S]*/m, '')
    .replace(EXPORTS, (_, listed = '') => `module.exports = { __esModule: true,\n${getters(listed)}\n};\n`)
    .replace(REEXPORT, 'exportAll(module.exports, $1);')
    .replace(IMPORT, (_, name, from) => {
      names.set(name, from);
      return '';
    });
  for (const [name, from] of names) body = body.replaceAll(new RegExp(`\\b${name}\\.`, 'g'), `${useOf(name, from, body)}.`);
  if (/\b(__\w+\(|stdin_exports)/.test(body)) throw new Error(`${path}: esbuild writes what this script does not know`);
  return [...names.keys()].map((name) => `var ${name};\n`).join('') + body;
}

/** In brackets, since it may stand behind `new`. */
function useOf(name, from, body) {
  const isOurs = from.startsWith('.') || from.startsWith('@ship/');
  const isDefault = !isOurs && body.includes(`${name}.default`);
  return `(${name} ??= ${isDefault ? `asModule(require("${from}"))` : `require("${from}")`})`;
}

const getters = (listed) => listed.replace(/^ {2}(\w+|"[^"]+"): \(\) => ([^\n]*?),?$/gm, '  get $1() { return $2; },');
