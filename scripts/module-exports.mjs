// Our modules, each known by its path below the root, and where their exports are declared: what uses one goes there at once,
// past the modules that only pass it on.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const fromHere = createRequire(import.meta.url);
const root = fileURLToPath(new URL('..', import.meta.url));

/** Whether an import names a module of ours. */
export const isOurs = (from) => from.startsWith('.') || from.startsWith('@ship/');
/** The file of such an import. */
export const fileOf = (importer, from) => (from.startsWith('.') ? join(dirname(importer), from) : fromHere.resolve(from));
/** The path of a file below the root. */
export const idOf = (file) => relative(root, file);
/** The file of a path below the root. */
export const fileOfId = (id) => join(root, id);

const known = new Map();

/** Where each export of a module is declared, by its name. */
export async function exportsOf(file) {
  if (!known.has(file)) known.set(file, findExports(file));
  return known.get(file);
}

async function findExports(file) {
  const text = await readFile(file, 'utf8');
  const declared = [...text.matchAll(/^export (?:async )?(?:const|let|class|function\*?) (\w+)/gm)];
  const found = new Map(declared.map(([, name]) => [name, { file, name }]));
  for (const [, names, from] of text.matchAll(/^export (?:\{([^}]*)\}|\*) from '(\.[^']+|@ship\/[^']+)';$/gm)) {
    const passed = await exportsOf(fileOf(file, from));
    const renamed = names?.split(',').map((each) => each.trim().split(' as ')) ?? [...passed.keys()].map((name) => [name]);
    for (const [name, as = name] of renamed) if (passed.has(name)) found.set(as, passed.get(name));
  }
  if (/^export default /m.test(text)) found.set('default', { file, name: 'default' });
  return found;
}
