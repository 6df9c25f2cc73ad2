import type { Flaw, Migration, Reader } from '../migration.js';
import { filesIn, oneBegins, sourceOf } from './files.js';
import { compareNumbers, duplicates, numberOf, stray } from './flaws.js';
import { opaqueBothWays } from './script.js';

/** As Active Record has it. */
const NAME = /^([0-9]+)_([_a-z0-9]*)(?:\.([_a-z0-9]*))?\.rb$/;

/** Rails: programs in Ruby, by their versions. None of them can be told from its text. */
export const rails: Reader = {
  name: 'rails',
  recognises: (folder) =>
    oneBegins(
      folder,
      filesIn(folder).filter((name) => NAME.test(name)),
      /\bActiveRecord::Migration\b/,
    ),
  read(folder) {
    const names = filesIn(folder);
    const files = names.filter((name) => NAME.test(name));
    const versions = files.map((file) => ({ id: numberOf(NAME.exec(file)![1]!), name: NAME.exec(file)![2]!, file }));
    const flaws: Flaw[] = [
      ...duplicates('version', versions),
      ...duplicates(
        'the migration',
        versions.map(({ name, file }) => ({ id: name, file })),
      ),
      ...names.filter((name) => /^\d.*\.rb$/.test(name) && !NAME.test(name)).map((name) => stray(name, 'Rails')),
    ];
    const migrations = versions
      .sort((one, other) => compareNumbers(one.id, other.id))
      .map(({ id, name, file }): Migration => ({ id, name, ...opaqueBothWays(sourceOf(folder, file), 'it is a program in Ruby') }));
    return { migrations, flaws };
  },
};
