// What esbuild makes of a module as CommonJS, taken apart: each use of an import then stands for itself and can be written anew.
import { readFile } from 'node:fs/promises';
import { transform } from 'esbuild';
import { exportsOf, fileOf, isOurs } from './module-exports.mjs';

const IMPORT = /^var (import_\w+) = (?:__toESM\()?require\("([^"]+)"\)(?:(?:, 1)?\))?;\n/gm;
const EXPORTS =
  /^var stdin_exports = \{\};\n(?:__export\(stdin_exports, \{\n([\s\S]*?)\n\}\);\n)?module\.exports = __toCommonJS\(stdin_exports\);\n/m;
const EXPORTED = /^ {2}(\w+|"[^"]+"): \(\) => ([^\n]*?),?$/gm;
const REEXPORT = /^__reExport\(stdin_exports, require\("([^"]+)"\), module\.exports\);\n/gm;

/**
 * The text of a module without its imports and exports. `useOurs({ file, name })` and `useOther(from, key, isDefault)` write
 * the use of an export; `exported` and `reexported` tell what it exports: pairs of a name and what stands for it, and modules.
 */
export async function takeApart(path, { useOurs, useOther }) {
  const define = { 'import.meta.url': 'importMetaUrl' };
  const { code } = await transform(await readFile(path, 'utf8'), { format: 'cjs', platform: 'node', target: 'node20.19', define });
  const start = Math.max(code.indexOf('var stdin_exports'), 0);
  const names = new Map();
  const reexported = [];
  let listed = '';
  let text = code
    .slice(start)
    .replace(/^\/\/ Annotate the CommonJS export names[\s\S]*/m, '')
    .replace(EXPORTS, (_, list = '') => {
      listed = list;
      return '';
    })
    .replace(REEXPORT, (_, from) => void reexported.push(from) ?? '')
    .replace(IMPORT, (_, name, from) => {
      names.set(name, from);
      return '';
    });
  for (const [name, from] of names) {
    const uses = new RegExp(`\\b${name}\\.(\\w+)`, 'g');
    const use = isOurs(from) ? await useOf(path, from, useOurs) : (_, key) => useOther(from, key, text.includes(`${name}.default`));
    listed = listed.replaceAll(uses, use);
    text = text.replaceAll(uses, use);
    if (new RegExp(`\\b${name}\\b`).test(text)) throw new Error(`${path}: an import is used as a whole, which this script does not know`);
  }
  if (/\b(__\w+\(|stdin_exports)/.test(text)) throw new Error(`${path}: esbuild writes what this script does not know`);
  return { text, reexported, exported: [...listed.matchAll(EXPORTED)].map(([, name, what]) => [name, what]) };
}

async function useOf(importer, from, useOurs) {
  const file = fileOf(importer, from);
  const origins = await exportsOf(file);
  return (_, key) => useOurs(origins.get(key) ?? { file, name: key });
}

/** Variables for what is loaded at its first use, and the text of such a use: in brackets, since it may stand behind `new`. */
export class LazyUses {
  #names = new Map();

  use(what, key) {
    if (!this.#names.has(what)) this.#names.set(what, `from${this.#names.size}_`);
    return `(${this.#names.get(what)} ??= ${what}).${key}`;
  }

  get declarations() {
    return [...this.#names.values()].map((name) => `var ${name};\n`).join('');
  }
}
