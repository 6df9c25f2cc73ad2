// Every module of ours is evaluated when something of it is first used, not when a file that imports it is:
// a command then runs, and V8's code cache then holds, no more than what it needs.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

const fromHere = createRequire(import.meta.url);
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
  const variables = [];
  for (const [name, from] of names) {
    const isOurs = from.startsWith('.') || from.startsWith('@ship/');
    const use = isOurs ? await useOfOurs(path, from, variables) : useOfOther(name, from, body, variables);
    body = body.replaceAll(new RegExp(`\\b${name}\\.(\\w+)`, 'g'), use);
  }
  if (/\b(__\w+\(|stdin_exports)/.test(body)) throw new Error(`${path}: esbuild writes what this script does not know`);
  return variables.map((variable) => `var ${variable};\n`).join('') + body;
}

/** What stands for the use of an export, in brackets since it may stand behind `new`: the module that has it, without those that pass it on. */
async function useOfOurs(importer, from, variables) {
  const file = from.startsWith('.') ? join(dirname(importer), from) : fromHere.resolve(from);
  const found = new Map();
  const prefix = `from${variables.length}_`;
  const origins = await exportsOf(file);
  return (_, key) => {
    const origin = origins.get(key) ?? { file, name: key };
    if (!found.has(origin.file)) {
      found.set(origin.file, `${prefix}${found.size}`);
      variables.push(found.get(origin.file));
    }
    return `(${found.get(origin.file)} ??= require(${JSON.stringify(origin.file)})).${origin.name}`;
  };
}

function useOfOther(name, from, body, variables) {
  variables.push(name);
  const loaded = body.includes(`${name}.default`) ? `asModule(require("${from}"))` : `require("${from}")`;
  return (_, key) => `(${name} ??= ${loaded}).${key}`;
}

const known = new Map();

/** Where each export of a module is declared, by its name. */
async function exportsOf(file) {
  if (!known.has(file)) known.set(file, findExports(file));
  return known.get(file);
}

async function findExports(file) {
  const text = await readFile(file, 'utf8');
  const declared = [...text.matchAll(/^export (?:async )?(?:const|let|class|function\*?) (\w+)/gm)];
  const found = new Map(declared.map(([, name]) => [name, { file, name }]));
  for (const [, names, from] of text.matchAll(/^export (?:\{([^}]*)\}|\*) from '(\.[^']+)';$/gm)) {
    const passed = await exportsOf(join(dirname(file), from));
    const renamed = names?.split(',').map((each) => each.trim().split(' as ')) ?? [...passed.keys()].map((name) => [name]);
    for (const [name, as = name] of renamed) if (passed.has(name)) found.set(as, passed.get(name));
  }
  return found;
}

const getters = (listed) => listed.replace(/^ {2}(\w+|"[^"]+"): \(\) => ([^\n]*?),?$/gm, '  get $1() { return $2; },');
