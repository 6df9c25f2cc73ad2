// Libraries that few starts need stand in files of their own beside the bundle, so that it stays small to read and to compile.
import { join } from 'node:path';
import { build } from 'esbuild';

const LAZY = [
  { library: 'ajv', owner: 'packages/core' },
  { library: 'cosmiconfig', owner: 'packages/core' },
  { library: 'import-meta-resolve', owner: 'packages/core' },
  { library: 'age-encryption', owner: 'plugins/snapshots' },
  { library: 'semver', owner: 'plugins/partial-rollback', onlyDefault: true },
  { library: 'listr2', owner: 'packages/cli' },
  { library: '@inquirer/select', owner: 'packages/cli', onlyDefault: true },
  // Imported at the top of files, and needed when a command line, a terminal or a config is not the usual one.
  { library: 'commander', owner: 'packages/cli' },
  { library: 'picocolors', owner: 'packages/cli', onlyDefault: true },
  { library: 'yaml', owner: 'packages/core' },
];

/** The names of these libraries. */
export const LAZY_LIBRARIES = LAZY.map(({ library }) => library);

const fileOf = (library) => `lib/${library.replace(/[@/]/g, '_')}.cjs`;

/** An esbuild plugin that leaves the lazy libraries out, and finds them beside the bundle when they are asked for. */
export const lazyLibraries = {
  name: 'lazy-libraries',
  setup({ onResolve, onLoad }) {
    const filter = new RegExp(`^(${LAZY_LIBRARIES.join('|')})$`);
    onResolve({ filter }, ({ path }) => ({ path, namespace: 'lazy' }));
    onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path }) => ({
      contents: `module.exports = require('./${fileOf(path)}');`,
      loader: 'js',
    }));
    onResolve({ filter: /^\.\/lib\//, namespace: 'lazy' }, ({ path }) => ({ path, external: true }));
  },
};

/** Bundles each lazy library, seen from the package that depends on it. */
export async function buildLazyLibraries(root, out, shared) {
  for (const { library, owner, onlyDefault } of LAZY) {
    const contents = onlyDefault ? `export { default } from '${library}';` : `export * from '${library}';`;
    const stdin = { contents, resolveDir: join(root, owner) };
    await build({ ...shared, stdin, outfile: join(out, fileOf(library)), format: 'cjs', minify: true, external: ['typescript'] });
  }
}
