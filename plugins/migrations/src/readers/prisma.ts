import { join } from 'node:path';
import type { Flaw, Migration, Reader } from '../migration.js';
import { knownDialect } from './dialects.js';
import { filesIn, foldersIn, isFile, sourceOf } from './files.js';
import { refused } from './flaws.js';
import { opaqueBothWays, scriptFrom } from './script.js';

const LOCK = 'migration_lock.toml';

/** Prisma: a folder for each, `<timestamp>_<name>/migration.sql`, in the order of their names. A `down.sql` beside it is no feature of Prisma, and common. */
export const prisma: Reader = {
  name: 'prisma',
  // A snapshot.json beside it is of Drizzle.
  recognises: (folder) =>
    isFile(join(folder, LOCK)) ||
    foldersIn(folder).some((name) => isFile(join(folder, name, 'migration.sql')) && !isFile(join(folder, name, 'snapshot.json'))),
  read(folder) {
    const flaws: Flaw[] = [];
    const migrations = foldersIn(folder).flatMap((id): Migration[] => {
      const files = filesIn(join(folder, id));
      if (!files.includes('migration.sql')) {
        flaws.push(refused('Prisma', `${id} holds no migration.sql`, id));
        const reason = 'its folder holds no migration.sql';
        return [{ id, name: titleOf(id), ...opaqueBothWays({ file: id, text: '' }, reason) }];
      }
      // It sends the file as it is, without a transaction around it.
      const scripts = (name: string) => [scriptFrom(sourceOf(folder, `${id}/${name}`), { outsideTransaction: true })];
      return [
        {
          id,
          name: titleOf(id),
          up: scripts('migration.sql'),
          down: files.includes('down.sql') ? scripts('down.sql') : 'none',
        },
      ];
    });
    return { migrations, flaws, ...providerIn(folder) };
  },
};

const titleOf = (id: string): string => id.replace(/^\d+_/, '');

function providerIn(folder: string) {
  const [, provider = ''] = /^\s*provider\s*=\s*"([^"]*)"/m.exec(sourceOf(folder, LOCK).text) ?? [];
  return knownDialect(provider);
}
