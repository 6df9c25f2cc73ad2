// js-yaml makes tags, schemas, options and long patterns when it is loaded, of which its events need none. Marked as free of
// effects, what is not used is left out of the bundle.
import { readFile } from 'node:fs/promises';

const FILE = /[\\/]js-yaml[\\/]dist[\\/]js-yaml\.mjs$/;
/** What a variable at the top is made of, as far as that is more than a literal. */
const MADE =
  /^(var [\w$]+ = )((?:new |Symbol\(|Object\.assign\(|define\w+\(|\w+\.withTags\(|String\.raw|`|\{$)(?:[^\n]*|[^\n]*\n[\s\S]*?\n[^\s;]*));$/gm;

/** An esbuild plugin. */
export const pureLibraries = {
  name: 'pure-libraries',
  setup({ onLoad }) {
    onLoad({ filter: FILE }, async ({ path }) => ({ contents: marked(await readFile(path, 'utf8')), loader: 'js' }));
  },
};

const marked = (text) => text.replace(MADE, '$1/* @__PURE__ */ (() => ($2))();');
