// Libraries that few starts need stand in files of their own beside the bundle, so that it stays small to read and to compile.
import { join } from 'node:path';
import { build } from 'esbuild';
import { whenUsed } from './lazy-builtins.mjs';

const LAZY = [
  { library: 'ajv', owner: 'packages/core' },
  { library: 'cosmiconfig', owner: 'packages/core' },
  { library: 'import-meta-resolve', owner: 'packages/core' },
  { library: 'age-encryption', owner: 'plugins/snapshots' },
  { library: 'semver', owner: 'plugins/partial-rollback', onlyDefault: true },
  { library: 'listr2', owner: 'packages/cli' },
  { library: '@inquirer/select', owner: 'packages/cli', onlyDefault: true },
  // Imported at the top of files, and needed when a config is unusual or wrong.
  { library: 'yaml', owner: 'packages/core', onUse: true },
];

const fileOf = (library) => `lib/${library.replace(/[@/]/g, '_')}.cjs`;

/** An esbuild plugin that leaves the lazy libraries out, and finds them beside the bundle when they are asked for. */
export const lazyLibraries = {
  name: 'lazy-libraries',
  setup({ onResolve, onLoad }) {
    const filter = new RegExp(`^(${LAZY.map(({ library }) => library).join('|')})$`);
    onResolve({ filter }, ({ path }) => ({ path, namespace: 'lazy' }));
    onLoad({ filter: /.*/, namespace: 'lazy' }, async ({ path }) => ({
      contents: await standIn(LAZY.find(({ library }) => library === path)),
      loader: 'js',
    }));
    onResolve({ filter: /^\.\/lib\//, namespace: 'lazy' }, ({ path }) => ({ path, external: true }));
  },
};

async function standIn({ library, onlyDefault, onUse }) {
  const loaded = `require('./${fileOf(library)}')`;
  if (onUse)
    return whenUsed(
      Object.keys(await import(library)).filter((key) => key !== 'default'),
      loaded,
    );
  return onlyDefault ? `export default ${loaded}.default;` : `module.exports = ${loaded};`;
}

/** Bundles each lazy library, seen from the package that depends on it. */
export async function buildLazyLibraries(root, out, shared) {
  for (const { library, owner, onlyDefault } of LAZY) {
    const contents = onlyDefault ? `export { default } from '${library}';` : `export * from '${library}';`;
    const stdin = { contents, resolveDir: join(root, owner) };
    await build({ ...shared, stdin, outfile: join(out, fileOf(library)), format: 'cjs', minify: true, external: ['typescript'] });
  }
}
