// Node's larger modules cost a millisecond or two each to load. Imported at the top of a file, as is right there,
// they would be loaded by every start: in the bundle they are loaded when something of theirs is first used.
import { createRequire } from 'node:module';

const HEAVY = ['child_process', 'crypto', 'http', 'https', 'net', 'os', 'readline', 'timers/promises', 'v8', 'zlib'];

export const lazyBuiltins = {
  name: 'lazy-builtins',
  setup({ onResolve, onLoad }) {
    const require = createRequire(import.meta.url);
    onResolve({ filter: new RegExp(`^(node:)?(${HEAVY.join('|')})$`) }, ({ path, namespace }) =>
      namespace === 'lazy-builtin' ? { path, external: true } : { path: path.replace(/^node:/, ''), namespace: 'lazy-builtin' },
    );
    onLoad({ filter: /.*/, namespace: 'lazy-builtin' }, ({ path }) => ({
      loader: 'js',
      contents: whenUsed(Object.keys(require(`node:${path}`)), `require('node:${path}')`),
    }));
  },
};

/** A module whose exports are looked up when they are used: `loaded` is the expression that loads them. */
export function whenUsed(keys, loaded) {
  return `for (const key of ${JSON.stringify(keys)}) Object.defineProperty(exports, key, { enumerable: true, get: () => ${loaded}[key] });`;
}
