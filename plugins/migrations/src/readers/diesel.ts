import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Flaw, Migration, Reader } from '../migration.js';
import { perDialect } from './dialects.js';
import { compareText, filesIn, foldersIn, sourceOf } from './files.js';
import { duplicates, refused } from './flaws.js';
import { scriptFrom } from './script.js';

/** Diesel: a folder for each, `<version>_<name>/up.sql` and `down.sql`. Dashes in a version mean nothing. */
export const diesel: Reader = perDialect({
  name: 'diesel',
  recognises: (folder) =>
    foldersIn(folder).some(
      (name) => !name.startsWith('.') && /^[\d-]+(?:_|$)/.test(name) && filesIn(join(folder, name)).includes('up.sql'),
    ),
  read(folder) {
    // As the tool: hidden folders and empty ones are not looked at.
    const names = foldersIn(folder).filter((name) => !name.startsWith('.') && readdirSync(join(folder, name)).length > 0);
    const found = names.filter((name) => filesIn(join(folder, name)).includes('up.sql'));
    const versions = found.map((name) => ({ id: versionOf(name), file: name }));
    const flaws: Flaw[] = [
      ...names.filter((name) => !found.includes(name)).map((name) => refused('Diesel', `${name} holds no up.sql`, name)),
      ...duplicates('version', versions),
    ];
    const migrations = versions
      .sort((one, other) => compareText(one.id, other.id) || compareText(one.file, other.file))
      .map(({ id, file }): Migration => {
        const traits = { outsideTransaction: runsOutside(folder, file) };
        const scripts = (name: string) => [scriptFrom(sourceOf(folder, `${file}/${name}`), traits)];
        const hasDown = filesIn(join(folder, file)).includes('down.sql');
        return { id, name: file.replace(/^[^_]*_?/, ''), up: scripts('up.sql'), down: hasDown ? scripts('down.sql') : 'none' };
      });
    return { migrations, flaws };
  },
});

const versionOf = (name: string): string => name.split('_', 1)[0]!.replaceAll('-', '');

/**
 * By its metadata.toml. A file without the key means `false`: the tool fills it in with what Rust has for a boolean. One that is
 * no TOML is as good as none.
 */
function runsOutside(folder: string, name: string): boolean {
  if (!filesIn(join(folder, name)).includes('metadata.toml')) return false;
  const { text, opaque } = sourceOf(folder, `${name}/metadata.toml`);
  if (opaque !== undefined) return false;
  const root = text.split(/^\s*\[/m, 1)[0]!;
  return /^\s*(?:run_in_transaction|"run_in_transaction"|'run_in_transaction')\s*=\s*(true|false)\s*(?:#.*)?$/m.exec(root)?.[1] !== 'true';
}
